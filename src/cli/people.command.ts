import { Argument, InvalidArgumentError } from 'commander';
import { UserId } from '../channel/ids.js';
import { AccessModule } from '../access/access.module.js';
import { type AccessChange, PeopleAccess } from '../access/people-access.js';
import { type PersonDto, toPersonDto } from '../admin/people/person.dto.js';
import { PersonListingRepository } from '../admin/people/person-listing.repository.js';
import { PersonRole } from '../generated/prisma/client.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { visible } from '../platform/i18n/visible-text.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import { type CliCommand, jsonList, type JsonOption, type BotOption, findBot } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { withContext } from './with-context.js';

const MAX_PEOPLE = 200;

/** Lists people who have written, with their roles; gives roles and blocks. */
export function addPeople(program: CliCommand, session: CliSession): void {
  const group = program.command('people').description('what people may do: list, role, block, unblock');

  group
    .command('list')
    .description(`list the first ${MAX_PEOPLE} who have written, by channel and id`)
    .jsonOption()
    .action(async ({ json }: JsonOption) => {
      const settings = session.settings();
      const rows = await withContext(settings, [DatabaseModule, ObservabilityModule], (context) =>
        new PersonListingRepository(context.get(PrismaService)).rows(null, MAX_PEOPLE + 1),
      );
      const { items, hasMore } = jsonList(rows, MAX_PEOPLE, (person) =>
        toPersonDto({
          ...person,
          role: settings.access.isOwner(UserId(person.userId)) ? 'owner' : person.role,
        }),
      );
      if (json) return session.printJson({ items, hasMore });
      for (const item of items) session.print(lineOf(item));
      if (items.length === 0) session.print('nobody has written yet');
      if (hasMore) session.print('there are more; GET /admin/people has all');
    });

  const change = async (userId: UserId, done: string, access: AccessChange, options: BotOption) => {
    const settings = session.settings();
    const { channel } = findBot(options, settings.telegram);
    const rooms = [DatabaseModule, ObservabilityModule, TelegramModule, AccessModule];
    await withContext(settings, rooms, (context) =>
      context.get(PeopleAccess).change({ channel, userId }, access, { key: 'cli', name: null }),
    );
    session.print(`${userId}: ${done}`);
  };

  group
    .command('role')
    .description('give a person a role, or take it away; also one who has not written yet')
    .argument('<ID>', 'their Telegram user id', personId)
    .addArgument(new Argument('<ROLE>').choices([...Object.values(PersonRole), 'none']))
    .botOption()
    .action(async (id: UserId, role: PersonRole | 'none', options: BotOption) => {
      await change(id, `role ${role}`, { role: role === 'none' ? null : role }, options);
    });

  group
    .command('block')
    .description('hear and answer nothing that they say')
    .argument('<ID>', 'a Telegram user id, or the id of a chat in whose name somebody writes', writerId)
    .botOption()
    .action((id: UserId, options: BotOption) => change(id, 'block', { blocked: true }, options));

  group
    .command('unblock')
    .description('hear them again')
    .argument('<ID>', 'a Telegram user id, or the id of a chat in whose name somebody writes', writerId)
    .botOption()
    .action((id: UserId, options: BotOption) => change(id, 'unblock', { blocked: false }, options));
}

function personId(typed: string): UserId {
  if (/^[1-9]\d{0,17}$/.test(typed)) return UserId(typed);
  throw new InvalidArgumentError('A person’s id is a number above 0.');
}

/** An author in a chat's name has the chat's id: they can be blocked like a person, but have no role. */
function writerId(typed: string): UserId {
  if (/^-?[1-9]\d{0,17}$/.test(typed)) return UserId(typed);
  throw new InvalidArgumentError('An id is a number.');
}

/** Columns that scripts can rely on. */
function lineOf({ channel, userId, role, blocked, firstName, lastName, username }: PersonDto): string {
  const parts = [firstName, lastName, username === null ? null : `@${username}`];
  const name = parts.filter((part) => part !== null).join(' ');
  return [userId, role ?? 'none', blocked ? 'blocked' : 'active', visible(name), channel].join('\t');
}
