import { AccessModule } from '../access/access.module.js';
import { type AccessChange, PeopleAccess } from '../access/people-access.js';
import { DatabaseModule } from '../database/database.module.js';
import { PersonRole } from '../generated/prisma/client.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import { botOf } from './bot-option.js';
import { type CliCommand, UsageError } from './cli-command.js';
import { withContext } from './with-context.js';

/** What people may do, from the command line. */
export const people: CliCommand = {
  name: 'people',
  usage: 'people role|block|unblock ID [ROLE] [--bot NAME]',
  does: 'role: owner, admin, user or none, for a Telegram user; or blocks them; NAME: of TELEGRAM_BOTS_FILE',
  run: async (args, settings, print) => {
    const [action, id = '', ...more] = args;
    const role = action === 'role' ? more.shift() : undefined;
    const change = changeOf(action, role);
    // Whoever writes in a chat's name has its id: blocked like a person, with a role like none.
    const isId = role === undefined ? /^-?\d{1,18}$/ : /^\d{1,18}$/;
    if (!change || !isId.test(id)) throw new UsageError(people.usage);
    const { channel } = botOf(more, settings.telegram, people.usage);
    const rooms = [DatabaseModule, ObservabilityModule, TelegramModule, AccessModule];
    const person = { channel, userId: BigInt(id) };
    await withContext(settings, rooms, (context) =>
      context.get(PeopleAccess).change(person, change, { key: 'cli', name: null }),
    );
    print(`${id}: ${[action, role].filter(Boolean).join(' ')}`);
  },
};

function changeOf(action: string | undefined, role: string | undefined): AccessChange | null {
  if (action === 'block' || action === 'unblock') return { blocked: action === 'block' };
  if (action !== 'role') return null;
  if (role === 'none') return { role: null };
  const known = Object.values(PersonRole).find((name) => name === role);
  return known ? { role: known } : null;
}
