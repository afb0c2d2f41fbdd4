import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmptyDatabase, type TestDatabase } from '../../../test/support/database.js';
import { makeMigration } from './migration-folder.js';
import { reviewMigration } from './breaking-changes.js';

let database: TestDatabase;
let client: Client;

beforeAll(async () => {
  database = await startEmptyDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.stop();
});
beforeEach(async () => {
  await client.query(`
    DROP SCHEMA public CASCADE; CREATE SCHEMA public;
    CREATE TYPE mood AS ENUM ('good', 'bad');
    CREATE TABLE chats (id INT PRIMARY KEY, note TEXT, mood mood NOT NULL DEFAULT 'good');
    CREATE TABLE words (id INT PRIMARY KEY, chat_id INT NOT NULL REFERENCES chats, word TEXT NOT NULL);
    CREATE INDEX words_word ON words (word);
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
});

/** The subjects and problems that a script has. */
async function review(script: string): Promise<string[]> {
  const changes = await reviewMigration(database.url, makeMigration('1', script));
  return changes.map(({ subject, problem }) => `${subject}: ${problem}`);
}

describe('A migration breaks the version before', () => {
  it.each<[string, string, RegExp]>([
    ['drops a table', 'DROP TABLE words', /^words: the table is dropped$/],
    ['renames a table', 'ALTER TABLE words RENAME TO terms', /^words: the table is renamed to terms$/],
    ['drops a column', 'ALTER TABLE chats DROP COLUMN note', /^chats.note: the column is dropped$/],
    [
      'renames a column',
      'ALTER TABLE chats RENAME note TO remark',
      /^chats.note: the column is renamed to chats.remark$/,
    ],
    ['changes a type', 'ALTER TABLE chats ALTER note TYPE VARCHAR', /^chats.note: the type is changed/],
    ['forbids null', 'ALTER TABLE chats ALTER note SET NOT NULL', /^chats.note: .* no longer takes null$/],
    ['drops a default', 'ALTER TABLE chats ALTER mood DROP DEFAULT', /^chats.mood: the default is dropped$/],
    [
      'adds a column that has to be given',
      'ALTER TABLE chats ADD size INT NOT NULL',
      /^chats.size: the column is added without a default/,
    ],
    [
      'fills a new column row by row',
      'ALTER TABLE chats ADD token UUID NOT NULL DEFAULT gen_random_uuid()',
      /^chats: the table is written anew/,
    ],
    ['empties a table', 'TRUNCATE words', /^words: the table is written anew/],
    ['drops an index', 'DROP INDEX words_word', /^words_word: the index is dropped$/],
    [
      'builds an index that locks',
      'CREATE INDEX words_chat ON words (chat_id)',
      /^words_chat: the index builds an index without CONCURRENTLY/,
    ],
    [
      'builds an index that locks, for a constraint on a new column',
      'ALTER TABLE words ADD key TEXT UNIQUE',
      /^words_key_key: the constraint builds an index without CONCURRENTLY/,
    ],
    [
      'refuses what is there twice',
      'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS words_once ON words (word)',
      /^words_once: the index refuses rows/,
    ],
    [
      'checks what is written',
      `ALTER TABLE words ADD CHECK (word <> '') NOT VALID`,
      /^words_word_check: the constraint refuses rows/,
    ],
    [
      'asks for a row of another table',
      'ALTER TABLE words ADD FOREIGN KEY (id) REFERENCES chats',
      /^words_id_fkey: the constraint refuses rows/,
    ],
    [
      'drops a foreign key',
      'ALTER TABLE words DROP CONSTRAINT words_chat_id_fkey',
      /^words_chat_id_fkey: the constraint is dropped$/,
    ],
    [
      'renames a value of an enum',
      `ALTER TYPE mood RENAME VALUE 'bad' TO 'sad'`,
      /^mood.bad: the value is renamed to mood.sad$/,
    ],
    ['drops a function', 'DROP FUNCTION one', /^one\(\): the function is dropped$/],
    [
      'hides it in a block',
      `DO $$ BEGIN EXECUTE 'ALTER TABLE chats DROP' || ' note'; END $$`,
      /^chats.note: the column is dropped$/,
    ],
  ])('where it %s', async (_what, script, problem) => {
    expect(await review(script)).toEqual([expect.stringMatching(problem)]);
  });
});

describe('A migration leaves the version before at work', () => {
  it.each([
    [
      'adds a table with keys and indexes',
      'CREATE TABLE tags (id INT PRIMARY KEY, tag TEXT NOT NULL UNIQUE)',
    ],
    ['adds a column that may be null', 'ALTER TABLE chats ADD size INT'],
    ['adds a column with a default', 'ALTER TABLE chats ADD size INT NOT NULL DEFAULT 1'],
    ['adds a column that refers to a row', 'ALTER TABLE chats ADD word_id INT REFERENCES words'],
    ['adds a value to an enum', `ALTER TYPE mood ADD VALUE 'so so' BEFORE 'bad'`],
    ['allows null', 'ALTER TABLE words ALTER word DROP NOT NULL'],
    ['adds a default', `ALTER TABLE words ALTER word SET DEFAULT 'um'`],
    [
      'builds an index while others write',
      'CREATE INDEX CONCURRENTLY IF NOT EXISTS words_chat ON words (chat_id)',
    ],
    ['adds a function', `CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'`],
  ])('where it %s', async (_what, script) => {
    expect(await review(script)).toEqual([]);
  });

  it('where it drops what its script names, with a reason', async () => {
    const script = `
-- contracts chats.note: no version since 1.2 reads it
ALTER TABLE chats DROP note, DROP mood;`;
    expect(await review(script)).toEqual([expect.stringMatching(/^chats.mood: /)]);
  });

  it('not where the reason is missing', async () => {
    expect(await review(`-- contracts chats.note:\nALTER TABLE chats DROP note;`)).toHaveLength(1);
  });
});
