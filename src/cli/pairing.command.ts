import { AccessModule } from '../access/access.module.js';
import { readPairingCode } from '../access/pairing-code.js';
import { PairingRepository } from '../access/pairing.repository.js';
import { PeopleAccess } from '../access/people-access.js';
import { Pairings } from '../access/pairings.service.js';
import type { Settings } from '../config/settings.js';
import { DatabaseModule } from '../database/database.module.js';
import { GiveUpError } from '../errors/errors.js';
import type { Pairing } from '../generated/prisma/client.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { LanesModule } from '../queue/lanes.module.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import { botOf } from './bot-option.js';
import { type CliCommand, UsageError } from './cli-command.js';
import { visible } from '../texts/visible-text.js';
import { withContext } from './with-context.js';

const MAX_LISTED = 200;

/** Who asks to be let in, from the command line. */
export const pairing: CliCommand = {
  name: 'pairing',
  usage: 'pairing list|approve CODE|deny CODE|revoke GROUP [--bot NAME]',
  does: 'shows who asks to be let in, lets them in, or does not; revoke: puts a group out again',
  run: async ([action, typed, ...more], settings, print) => {
    if (action === 'revoke') return await revoke(settings, typed ?? '', more, print);
    if (more.length > 0) throw new UsageError(pairing.usage);
    if (action === 'list' && typed === undefined) return await list(settings, print);
    if ((action !== 'approve' && action !== 'deny') || typed === undefined)
      throw new UsageError(pairing.usage);
    const code = readPairingCode(typed);
    if (code === null) throw unknownCode(typed);
    const { chatId, channel } = await decide(settings, code, action === 'approve' ? 'approved' : 'denied');
    print(`${code}: ${action === 'approve' ? 'let in' : 'not let in'}, chat ${chatId} of ${channel}`);
  },
};

const rooms = [DatabaseModule, ObservabilityModule, TelegramModule, LanesModule, AccessModule];

async function list(settings: Settings, print: (line: string) => void): Promise<void> {
  const open = await withContext(settings, rooms, (context) =>
    context.get(PairingRepository).openOnes(MAX_LISTED),
  );
  for (const one of open) print(lineOf(one));
  if (open.length === 0) print('nobody asks to be let in');
}

async function revoke(
  settings: Settings,
  group: string,
  options: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  if (!/^-\d{1,18}$/.test(group)) throw new UsageError(pairing.usage);
  const { channel } = botOf(options, settings.telegram, pairing.usage);
  const wasIn = await withContext(settings, rooms, (context) =>
    context.get(PeopleAccess).putOut(channel, BigInt(group), { key: 'cli', name: null }),
  );
  if (!wasIn)
    throw new GiveUpError('GROUP_NOT_LET_IN', `the group ${group} of ${channel} is not let in by pairing`);
  print(`${group}: put out, of ${channel}`);
}

function decide(settings: Settings, code: string, verdict: 'approved' | 'denied'): Promise<Pairing> {
  return withContext(settings, rooms, async (context) => {
    const open = await context.get(PairingRepository).withCode(code);
    const by = { key: 'cli', name: null };
    const decided = open && (await context.get(Pairings).decide(open.id, verdict, by));
    if (!decided) throw unknownCode(code);
    context.get(LaneWaker).wake('deliveries', decided.conversationId);
    return decided;
  });
}

/** Columns by which scripts can go. */
function lineOf({ code, channel, chatId, title, name, username, expiresAt }: Pairing): string {
  const who = [title, name, username === null ? null : `@${username}`].filter((part) => part !== null);
  return [code, chatId, `until ${expiresAt.toISOString()}`, visible(who.join(', ')), channel].join('\t');
}

function unknownCode(code: string): GiveUpError {
  const hint = 'pairing list shows which there are';
  return new GiveUpError('PAIRING_UNKNOWN', `nobody waits with the code "${visible(code)}"`, hint);
}
