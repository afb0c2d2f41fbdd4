import type { INestApplicationContext } from '@nestjs/common';
import type { Settings } from '../config/settings.js';
import { DatabaseModule } from '../database/database.module.js';
import { GiveUpError } from '../errors/errors.js';
import type { DeadLetter } from '../generated/prisma/client.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { DeadLetters } from '../queue/dead-letters.service.js';
import { LanesModule } from '../queue/lanes.module.js';
import { type CliCommand, UsageError } from './cli-command.js';
import { visible } from '../texts/visible-text.js';
import { withContext } from './with-context.js';

/** Letters that `list` shows, and characters of each one's errors and payload; `show` has all of one. */
const MAX_LETTERS = 200;
const MAX_FIELD_CHARS = 300;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What failed for good, from the command line. */
export const deadLetters: CliCommand = {
  name: 'dead-letters',
  usage: 'dead-letters list|show ID|replay ID|discard ID',
  does: 'shows what failed for good, tries it again, forgets it',
  run: async (args, settings, print) => {
    const work = workOf(args);
    for (const line of await withLetters(settings, work)) print(line);
  },
};

type Work = (letters: DeadLetters) => Promise<readonly string[]>;

/** Reads the arguments before anything is connected to. @throws UsageError, or GiveUpError for what is no id */
function workOf([action, id, ...more]: readonly string[]): Work {
  if (more.length > 0) throw new UsageError(deadLetters.usage);
  if (action === 'list' && id === undefined) return list;
  if (id === undefined) throw new UsageError(deadLetters.usage);
  switch (action ?? '') {
    case 'show':
      return byId(id, async (letters, known) => {
        const letter = await letters.find(known);
        return letter && [visible(JSON.stringify(letter, null, 2))];
      });
    case 'replay':
      return byId(id, async (letters, known) =>
        (await letters.replay(known)) ? [`${known}: put back into its lane`] : null,
      );
    case 'discard':
      return byId(id, async (letters, known) =>
        (await letters.discard(known)) ? [`${known}: discarded`] : null,
      );
    default:
      throw new UsageError(deadLetters.usage);
  }
}

/** @param work gives null where there is no such letter */
function byId(id: string, work: (letters: DeadLetters, id: string) => Promise<string[] | null>): Work {
  if (!UUID.test(id)) {
    throw new GiveUpError('DEAD_LETTER_UNKNOWN', `"${visible(id)}" is not the id of a dead letter`, seeList);
  }
  return async (letters) => {
    const lines = await work(letters, id.toLowerCase());
    if (lines) return lines;
    throw new GiveUpError('DEAD_LETTER_UNKNOWN', `there is no dead letter ${id}`, seeList);
  };
}

const seeList = 'dead-letters list shows which there are';

function withLetters(settings: Settings, work: Work): Promise<readonly string[]> {
  const rooms = [DatabaseModule, ObservabilityModule, LanesModule];
  return withContext(settings, rooms, (context: INestApplicationContext) => work(context.get(DeadLetters)));
}

async function list(letters: DeadLetters): Promise<string[]> {
  const newest = await letters.newest(MAX_LETTERS + 1);
  if (newest.length === 0) return ['no dead letters'];
  const lines = newest.slice(0, MAX_LETTERS).flatMap(describe);
  return newest.length > MAX_LETTERS
    ? [...lines, `these are the newest ${MAX_LETTERS}; GET /admin/dead-letters has all`]
    : lines;
}

/** One line by whose columns scripts can go, and what a person wants to know, indented. */
function describe(letter: DeadLetter): string[] {
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
