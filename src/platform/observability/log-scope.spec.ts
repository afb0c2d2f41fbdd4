import { EventEmitter, once } from 'node:events';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogSettings } from './log.settings.js';
import { inLogScope, type LogIds, outsideLogScope } from './log-scope.js';
import { PinoLoggerService } from './pino-logger.service.js';

function recorder() {
  const lines: Record<string, unknown>[] = [];
  const logger = new PinoLoggerService({
    settings: Object.assign(new LogSettings(), { pretty: false, level: 'info' }),
    redactValues: [],
    destination: {
      write: (line) => {
        const { level: _level, time: _time, pid: _pid, hostname: _host, ...fields } = JSON.parse(line);
        lines.push(fields);
      },
    },
  });
  return { logger, lines };
}

describe('A log scope', () => {
  it('puts its ids, and those of the scopes around it, on every line below it, however deep', async () => {
    const { logger, lines } = recorder();
    await inLogScope({ conversationId: 'c' }, async () => {
      logger.log({ msg: 'one' });
      await inLogScope({ turnId: 't' }, async () => {
        await turnOfTheLoop();
        logger.warn({ msg: 'two', tool: 'x' });
      });
      logger.log({ msg: 'three' });
    });
    logger.log({ msg: 'four' });
    expect(lines).toEqual([
      { msg: 'one', conversationId: 'c' },
      { msg: 'two', conversationId: 'c', turnId: 't', tool: 'x' },
      { msg: 'three', conversationId: 'c' },
      { msg: 'four' },
    ]);
  });

  it('yields to the ids of a line itself', async () => {
    const { logger, lines } = recorder();
    await inLogScope({ conversationId: 'c' }, async () => {
      await turnOfTheLoop();
      logger.log({ msg: 'another’s', conversationId: 'd' });
    });
    expect(lines).toEqual([{ msg: 'another’s', conversationId: 'd' }]);
  });

  it('does not cover objects that outlive it, nor work outside of it', async () => {
    const { logger, lines } = recorder();
    const end = new EventEmitter();
    let later: Promise<void> = Promise.resolve();
    await inLogScope({ conversationId: 'c' }, async () => {
      later = (async () => {
        await once(end, 'end');
        logger.log({ msg: 'later' });
      })();
      outsideLogScope(() => logger.log({ msg: 'outside' }));
      await turnOfTheLoop();
    });
    end.emit('end');
    await later;
    expect(lines).toEqual([{ msg: 'outside' }, { msg: 'later' }]);
  });

  it('keeps scopes apart that run at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ turnId: fc.uuid(), pauses: fc.nat(3) }), { maxLength: 8 }),
        async (runs) => {
          const { logger, lines } = recorder();
          await Promise.all(
            runs.map(({ turnId, pauses }) => {
              const ids: LogIds = { turnId };
              return inLogScope(ids, async () => {
                for (let pause = 0; pause < pauses; pause += 1) await turnOfTheLoop();
                logger.log({ msg: turnId });
              });
            }),
          );
          for (const line of lines) expect(line.turnId).toBe(line.msg);
          expect(lines).toHaveLength(runs.length);
        },
      ),
      { numRuns: 30 },
    );
  });
});
