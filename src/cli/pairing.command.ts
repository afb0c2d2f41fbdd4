import { InvalidArgumentError } from 'commander';
import { ChatId } from '../channel/ids.js';
import { AccessModule } from '../access/access.module.js';
import { readPairingCode } from '../access/pairing-code.js';
import { PairingRepository } from '../access/pairing.repository.js';
import { PairingsService } from '../access/pairings.service.js';
import { PeopleAccess } from '../access/people-access.js';
import { toPairingDto } from '../admin/pairings/pairing.dto.js';
import type { Pairing } from '../generated/prisma/client.js';
import type { Settings } from '../settings/settings.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { GiveUpError } from '../platform/errors/errors.js';
import { visible } from '../platform/i18n/visible-text.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { LanesModule } from '../queue/lanes.module.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import { type CliCommand, jsonList, type JsonOption, type BotOption, findBot } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { withContext } from './with-context.js';

const MAX_LISTED = 200;

/** Lists access requests, grants or denies them, and removes the access of groups. */
export function addPairing(program: CliCommand, session: CliSession): void {
  const group = program
    .command('pairing')
    .description('who asks to be let in: list, approve, deny; revoke puts a group out again');

  group
    .command('list')
    .description('list who asks to be let in')
    .jsonOption()
    .action(async ({ json }: JsonOption) => {
      const open = await withContext(session.settings(), rooms, (context) =>
        context.get(PairingRepository).openOnes(MAX_LISTED + 1),
      );
      if (json) return session.printJson(jsonList(open, MAX_LISTED, toPairingDto));
      for (const one of open.slice(0, MAX_LISTED)) session.print(lineOf(one));
      if (open.length === 0) session.print('nobody asks to be let in');
      if (open.length > MAX_LISTED) session.print('there are more; GET /admin/pairings has all');
    });

  group
    .command('approve')
    .description('let in the person or group that was told the code')
    .argument('<CODE>')
    .action(async (typed: string) => {
      const { code, chatId, channel } = await decide(session.settings(), typed, 'approved');
      session.print(`${code}: let in, chat ${chatId} of ${channel}`);
    });

  group
    .command('deny')
    .description('do not let them in')
    .argument('<CODE>')
    .action(async (typed: string) => {
      const { code, chatId, channel } = await decide(session.settings(), typed, 'denied');
      session.print(`${code}: not let in, chat ${chatId} of ${channel}`);
    });

  group
    .command('revoke')
    .description('put a group out again')
    .argument('<GROUP>', 'its chat id, which is below 0', groupId)
    .botOption()
    .action(async (chatId: ChatId, options: BotOption) => {
      const settings = session.settings();
      const { channel } = findBot(options, settings.telegram);
      const wasIn = await withContext(settings, rooms, (context) =>
        context.get(PeopleAccess).putOut(channel, chatId, { key: 'cli', name: null }),
      );
      if (!wasIn)
        throw new GiveUpError(
          'GROUP_NOT_LET_IN',
          `the group ${chatId} of ${channel} is not let in by pairing`,
        );
      session.print(`${chatId}: put out, of ${channel}`);
    });
}

const rooms = [DatabaseModule, ObservabilityModule, TelegramModule, LanesModule, AccessModule];

function groupId(typed: string): ChatId {
  if (/^-[1-9]\d{0,17}$/.test(typed)) return ChatId(typed);
  throw new InvalidArgumentError('A group’s id is a number below 0.');
}

function decide(settings: Settings, typed: string, verdict: 'approved' | 'denied'): Promise<Pairing> {
  const code = readPairingCode(typed);
  if (code === null) throw unknownCode(typed);
  return withContext(settings, rooms, async (context) => {
    const open = await context.get(PairingRepository).withCode(code);
    const by = { key: 'cli', name: null };
    const decided = open && (await context.get(PairingsService).decide(open.id, verdict, by));
    if (!decided) throw unknownCode(code);
    context.get(LaneWaker).wake('deliveries', decided.conversationId);
    return decided;
  });
}

/** Columns that scripts can rely on. */
function lineOf({ code, channel, chatId, title, name, username, expiresAt }: Pairing): string {
  const who = [title, name, username === null ? null : `@${username}`].filter((part) => part !== null);
  return [code, chatId, `until ${expiresAt.toISOString()}`, visible(who.join(', ')), channel].join('\t');
}

function unknownCode(code: string): GiveUpError {
  const hint = 'pairing list shows which there are';
  return new GiveUpError('PAIRING_UNKNOWN', `nobody waits with the code "${visible(code)}"`, hint);
}
