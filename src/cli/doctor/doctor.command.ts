import { BotApi } from '../../telegram/bot-api/bot-api.js';
import type { Settings } from '../../config/settings.js';
import type { TelegramSettings } from '../../config/telegram.settings.js';
import { GiveUpError, messageOf } from '../../errors/errors.js';
import { type CliCommand, UsageError } from '../cli-command.js';
import { checkClock } from './clock.check.js';
import { type Check, type Finding, linesOf } from './finding.js';
import { checkModels } from './model.check.js';
import { checkPublicUrl } from './public-url.check.js';
import { checkDatabase, checkQueue } from './storage.check.js';
import { checkTelegram } from './telegram.check.js';
import { checkWork } from './work.check.js';

/** A model may have to be loaded first. */
const CHECK_TIMEOUT_MS = 60_000;

/** Says of each part of a deployment whether it works, and what to do where it does not. Changes and sends nothing. */
export const doctor: CliCommand = {
  name: 'doctor',
  usage: 'doctor',
  does: 'checks token, webhook, address, database, queue, model, clock, and that somebody works; says what to do',
  run: async (args, settings, print) => {
    if (args.length > 0) throw new UsageError(doctor.usage);
    print('ok       settings    read and valid');
    let failed = 0;
    for (const [about, check] of checksOf(settings)) {
      const findings = await withinTime(about, check);
      for (const line of findings.flatMap(linesOf)) print(line);
      failed += findings.filter(({ verdict }) => verdict === 'failed').length;
    }
    if (failed > 0) throw new GiveUpError('DOCTOR_FOUND', `${failed} to mend, marked "failed" above`);
  },
};

function checksOf(settings: Settings): readonly (readonly [about: string, check: Check])[] {
  const { telegram, database, redis, model } = settings;
  return [
    ...telegram
      .ofAll()
      .flatMap((bot) => [
        ['telegram', of(bot, (signal) => checkTelegram(bot, new BotApi(bot), signal))] as const,
        ['address', of(bot, (signal) => checkPublicUrl(bot, signal))] as const,
      ]),
    ['database', () => checkDatabase(database)],
    ['queue', (signal) => checkQueue(redis, signal)],
    ['model', (signal) => checkModels(model, signal)],
    ['clock', (signal) => checkClock(settings, signal)],
    ['workers', (signal) => checkWork(database, isPolled(telegram), signal)],
  ];
}

/** The simulator, in Telegram's place, delivers by itself. */
function isPolled({ receiving, botToken }: TelegramSettings): boolean {
  return receiving === 'polling' && botToken !== undefined;
}

/** A bot of TELEGRAM_BOTS_FILE is named with each finding about it. */
function of({ name }: TelegramSettings, check: Check): Check {
  if (name === null) return check;
  return async (signal) => (await check(signal)).map((one) => ({ ...one, says: `${name}: ${one.says}` }));
}

async function withinTime(about: string, check: Check): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS);
  try {
    return await check(signal);
  } catch (error) {
    const says = signal.aborted ? `no answer within ${CHECK_TIMEOUT_MS / 1_000} s` : messageOf(error);
    return [{ about, verdict: 'failed', says, todo: 'see whether it can be reached from this machine' }];
  }
}
