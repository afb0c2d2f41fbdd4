import { BotApi } from '../telegram/bot-api/bot-api.js';
import type { Settings } from '../settings/settings.js';
import type { TelegramSettings } from '../telegram/settings/telegram.settings.js';
import { GiveUpError, messageOf } from '../platform/errors/errors.js';
import type { CliCommand, JsonOption } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { checkClock } from './doctor/clock.check.js';
import { type Check, type Finding, findingsAbout, linesOf } from './doctor/finding.js';
import { checkModels } from './doctor/model.check.js';
import { checkPublicUrl } from './doctor/public-url.check.js';
import { checkDatabase, checkQueue } from './doctor/storage.check.js';
import { checkTelegram } from './doctor/telegram.check.js';
import { checkWork } from './doctor/work.check.js';

/** A model may have to be loaded first. */
const CHECK_TIMEOUT_MS = 60_000;

/** The output of `--json`. */
interface DoctorReport {
  /** False where a finding is `failed`. */
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/** Reports for each part of a deployment whether it works, and how to fix it if not. Changes and sends nothing. */
export function addDoctor(program: CliCommand, session: CliSession): void {
  program
    .command('doctor')
    .description(
      'check token, webhook, address, database, queue, model, clock, and that somebody works; say what to do',
    )
    .jsonOption()
    .action(async ({ json }: JsonOption) => {
      const settings = session.settings();
      const findings: Finding[] = [];
      const tell = (found: readonly Finding[]) => {
        findings.push(...found);
        if (!json) for (const line of found.flatMap(linesOf)) session.print(line);
      };
      tell([findingsAbout('settings').ok('read and valid')]);
      for (const [about, check] of checksOf(settings)) tell(await withinTime(about, check));
      const failed = findings.filter(({ verdict }) => verdict === 'failed').length;
      const report: DoctorReport = { ok: failed === 0, findings };
      if (json) session.printJson(report);
      if (failed > 0) throw new GiveUpError('DOCTOR_FOUND', `${failed} to mend, marked "failed" above`);
    });
}

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

/** Each finding about a bot of TELEGRAM_BOTS_FILE names the bot. */
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
