import { type DeadLetterWithPayloadDto, toDeadLetterDto } from '../admin/dead-letters/dead-letter.dto.js';
import { DeadLettersModule } from '../dead-letters/dead-letters.module.js';
import { DeadLettersService } from '../dead-letters/dead-letters.service.js';
import type { DeadLetter } from '../generated/prisma/client.js';
import type { Settings } from '../settings/settings.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { GiveUpError } from '../platform/errors/errors.js';
import { visible } from '../platform/i18n/visible-text.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { type CliCommand, jsonList, type JsonOption } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { withContext } from './with-context.js';

/** Letters that `list` shows, and characters of each one's errors and payload; `show` has all of one. */
const MAX_LETTERS = 200;
const MAX_FIELD_CHARS = 300;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Lists, replays and discards dead letters. */
export function addDeadLetters(program: CliCommand, session: CliSession): void {
  const group = program
    .command('dead-letters')
    .description('what failed for good: list, show, replay, discard');

  group
    .command('list')
    .description(`list the newest ${MAX_LETTERS}, with reason, errors and payload`)
    .jsonOption()
    .action(async ({ json }: JsonOption) => {
      const newest = await withLetters(session.settings(), (letters) => letters.newest(MAX_LETTERS + 1));
      if (json) return session.printJson(jsonList(newest, MAX_LETTERS, toJson));
      for (const line of newest.slice(0, MAX_LETTERS).flatMap(linesOf)) session.print(line);
      if (newest.length === 0) session.print('no dead letters');
      if (newest.length > MAX_LETTERS)
        session.print(`these are the newest ${MAX_LETTERS}; GET /admin/dead-letters has all`);
    });

  group
    .command('show')
    .description('print all of one, as JSON')
    .argument('<ID>')
    .jsonOption()
    .action(async (typed: string) => {
      const letter = await withLetter(session.settings(), typed, (letters, id) => letters.find(id));
      session.printJson(toJson(letter));
    });

  group
    .command('replay')
    .description('put one back into its lane: it is tried again')
    .argument('<ID>')
    .action(async (typed: string) => {
      await withLetter(session.settings(), typed, (letters, id) => letters.replay(id));
      session.print(`${typed.toLowerCase()}: put back into its lane`);
    });

  group
    .command('discard')
    .description('forget one; what failed stays as it is')
    .argument('<ID>')
    .action(async (typed: string) => {
      await withLetter(session.settings(), typed, (letters, id) => letters.discard(id));
      session.print(`${typed.toLowerCase()}: discarded`);
    });
}

/**
 * Works on one letter.
 * @param work returns null or false if there is no such letter
 * @throws GiveUpError then; for a malformed id, before connecting to the database
 */
async function withLetter<T>(
  settings: Settings,
  typed: string,
  work: (letters: DeadLettersService, id: string) => Promise<T | null | false>,
): Promise<T> {
  const seeList = 'dead-letters list shows which there are';
  if (!UUID.test(typed))
    throw new GiveUpError(
      'DEAD_LETTER_UNKNOWN',
      `"${visible(typed)}" is not the id of a dead letter`,
      seeList,
    );
  const done = await withLetters(settings, (letters) => work(letters, typed.toLowerCase()));
  if (done === null || done === false)
    throw new GiveUpError('DEAD_LETTER_UNKNOWN', `there is no dead letter ${typed}`, seeList);
  return done;
}

function withLetters<T>(settings: Settings, work: (letters: DeadLettersService) => Promise<T>): Promise<T> {
  const rooms = [DatabaseModule, ObservabilityModule, DeadLettersModule];
  return withContext(settings, rooms, (context) => work(context.get(DeadLettersService)));
}

/** One letter, as the admin API shows it. */
function toJson(letter: DeadLetter): DeadLetterWithPayloadDto {
  return Object.assign(toDeadLetterDto(letter), { payload: letter.payload });
}

/** One line with columns that scripts can rely on, and details for a person, indented. */
function linesOf(letter: DeadLetter): string[] {
  const { id, kind, reason, attempts, createdAt, subjectId, conversationId } = letter;
  const about = conversationId === null ? '' : `, conversation ${conversationId}`;
  return [
    [id, kind, reason, `attempts ${attempts}`, createdAt.toISOString()].join('\t'),
    `    ${kind} ${subjectId}${about}`,
    `    first error: ${field(letter.firstError ?? 'not recorded')}`,
    `    last error: ${field(letter.lastError)}`,
    `    payload: ${field(letter.payload === null ? 'none' : JSON.stringify(letter.payload))}`,
  ];
}

function field(text: string): string {
  const line = visible(text).replaceAll(/\s+/g, ' ');
  return line.length > MAX_FIELD_CHARS ? `${line.slice(0, MAX_FIELD_CHARS).toWellFormed()}… (show ID)` : line;
}
