import { Logger } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { LogSettings } from './log.settings.js';
import { GiveUpError } from '../errors/errors.js';
import { PinoLoggerService } from './pino-logger.service.js';

const token = '123456:ABC-DEF1234ghIkl';

function logger(change: Partial<LogSettings> = {}) {
  const lines: string[] = [];
  const settings = Object.assign(new LogSettings(), { pretty: false, level: 'info' }, change);
  const log = new PinoLoggerService({
    settings,
    redactValues: [token, 'key "with" quotes', ''],
    destination: { write: (line) => void lines.push(line) },
  });
  const line = (): Record<string, unknown> => {
    const parsed: unknown = JSON.parse(lines.at(-1) ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  };
  return { log, lines, line };
}

describe('PinoLogger', () => {
  it('prints fields, the context and an ISO time as one JSON object a line', () => {
    const { log, line, lines } = logger();
    log.log({ msg: 'reply sent', replyId: 9_007_199_254_740_993n, at: new Date(0) }, 'Delivery');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
    expect(line()).toMatchObject({
      level: 'info',
      context: 'Delivery',
      msg: 'reply sent',
      replyId: '9007199254740993',
      at: '1970-01-01T00:00:00.000Z',
    });
    expect(line().time).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('receives the lines of Nest’s Logger, text and errors alike', () => {
    const { log, line } = logger();
    Logger.overrideLogger(log);
    new Logger('Somewhere').warn('plain text');
    expect(line()).toMatchObject({ level: 'warn', context: 'Somewhere', msg: 'plain text' });
    new Logger('Somewhere').error(
      new GiveUpError('BLOCKED', 'the user blocked the bot', null, { cause: new Error('403') }),
    );
    expect(line()).toMatchObject({
      level: 'error',
      msg: 'the user blocked the bot',
      err: { type: 'GiveUpError', code: 'BLOCKED', cause: { message: '403' } },
    });
    expect(JSON.stringify(line().err)).toContain('pino-logger.service.spec');
    new Logger('Somewhere').error('with a stack', 'Error: x\n    at file.ts:1:2');
    expect(line()).toMatchObject({ msg: 'with a stack', stack: 'Error: x\n    at file.ts:1:2' });
    Logger.overrideLogger(false);
  });

  it('redacts known secrets in messages, fields, addresses, errors and field names', () => {
    const { log, lines } = logger();
    const error = new Error(`fetch https://api.example/bot${token}/sendMessage failed`, {
      cause: new Error(token),
    });
    log.error(
      { msg: `with ${token}`, url: `https://x/?t=${encodeURIComponent(token)}`, err: error, [token]: 1 },
      'Telegram',
    );
    log.log(`text ${token}`, `context ${token}`);
    log.log({ deep: { list: [`a key "with" quotes here`] } });
    log.warn(error);
    const printed = lines.join('');
    expect(printed).not.toContain('ABC-DEF1234ghIkl');
    expect(printed).not.toContain('quotes');
    expect(printed).toContain('bot[redacted]/sendMessage');
  });

  it('redacts fields with the names of secrets, but not counts', () => {
    const { log, line } = logger();
    log.log({
      headers: { authorization: 'Bearer x', 'X-Telegram-Bot-Api-Secret-Token': 'y' },
      apiKey: 'z',
      password: { nested: 'p' },
      leaseToken: 7n,
      inputTokens: 12,
    });
    expect(line()).toMatchObject({
      headers: { authorization: '[redacted]', 'X-Telegram-Bot-Api-Secret-Token': '[redacted]' },
      apiKey: '[redacted]',
      password: '[redacted]',
      leaseToken: '7',
      inputTokens: 12,
    });
  });

  it('keeps a line bounded and never throws, whatever it is given', () => {
    const { log, lines } = logger();
    const cycle: Record<string, unknown> = {
      big: 'x'.repeat(100_000),
      many: Array.from({ length: 5_000 }, () => ['y']),
    };
    cycle.self = cycle;
    log.log(cycle);
    log.log(
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('no');
          },
        },
      ),
    );
    log.log({
      get broken(): string {
        throw new Error('no');
      },
    });
    for (const odd of [
      undefined,
      null,
      5,
      Symbol('s'),
      () => 1,
      [1],
      new Map([['a', 1]]),
      Buffer.from('abc'),
    ])
      log.log(odd);
    expect(lines).toHaveLength(11);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(20_000);
  });

  it('does not let a field replace the line’s own', () => {
    const { log, line } = logger();
    log.log({ msg: 'm', level: 'fatal', time: 'never', context: 'forged' }, 'Real');
    expect(line()).toMatchObject({ level: 'info', context: 'Real', level_: 'fatal', context_: 'forged' });
  });

  it('follows the level, and counts the framework’s start-up lines as debug', () => {
    const quiet = logger();
    quiet.log.debug('d', 'Mine');
    quiet.log.log('AppModule dependencies initialized', 'InstanceLoader');
    expect(quiet.lines).toHaveLength(0);
    const verbose = logger({ level: 'trace' });
    verbose.log.verbose('v', 'Mine');
    verbose.log.log('AppModule dependencies initialized', 'InstanceLoader');
    expect(verbose.lines).toHaveLength(2);
  });

  it('prints readable lines on request, in the same call', () => {
    const { log, lines } = logger({ pretty: true });
    log.warn({ msg: 'careful', url: token }, 'Here');
    expect(lines.join('')).toContain('careful');
    expect(lines.join('')).toContain('[redacted]');
  });
});
