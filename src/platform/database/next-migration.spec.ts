import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmptyDatabase } from '../../../test/support/database.js';
import { Room } from '../../../test/support/room.js';
import { draftMigrations } from './migration-draft.js';
import { findPrismaFolder, type Migration, readMigrations } from './migration-folder.js';
import { reviewMigration } from './breaking-changes.js';
import { Migrator } from './migrator.js';
import { sqlToReachSchema } from './schema-diff.js';

let room: Room;

beforeEach(async () => {
  room = await Room.open();
});
afterEach(() => room.close());

/** Additions that the next version may make to tables that every message uses. */
const additions: readonly (readonly [string, string])[] = [
  ['Conversation', 'nextMood String @default("calm") @map("next_mood")'],
  ['Conversation', 'nextNotes NextNote[]'],
  ['Event', 'nextNote String? @map("next_note")'],
  ['Message', '@@index([createdAt])'],
];

const NEXT_NOTE = `
  model NextNote {
    id             String       @id @db.Uuid
    conversationId String       @map("conversation_id") @db.Uuid
    conversation   Conversation @relation(fields: [conversationId], references: [id], onDelete: Cascade)

    @@index([conversationId])
    @@map("next_notes")
  }`;

/** The next migrations, as `npm run migration:new` writes them once the schema has the additions. */
async function writeNext(): Promise<readonly Migration[]> {
  const schema = await readFile(join(findPrismaFolder(), 'schema.prisma'), 'utf8');
  const next = additions.reduce(
    (text, [model, line]) => text.replace(new RegExp(`^model ${model} {$`, 'm'), `$&\n  ${line}`),
    schema + NEXT_NOTE,
  );
  return draftMigrations(await sqlToReachSchema(room.url, next), 'next', new Date('9999-12-31T00:00:00Z'));
}

/** A message's life, by the statements of this version: it knows none of the next one's columns and tables. */
async function handleMessage(): Promise<void> {
  const { prisma } = room;
  const conversation = await room.conversation();
  const eventId = await room.event(conversation, 'hello');
  const lease = await room.lease(conversation.id);
  const inConversation = { conversationId: conversation.id };
  const turn = await prisma.$transaction(async (tx) => {
    await room.leases.assertHeld(tx, lease);
    const begun = await tx.turn.create({ data: { ...inConversation, id: randomUUID(), epoch: 0 } });
    await tx.event.update({ where: { id: eventId }, data: { state: 'done', turnId: begun.id } });
    return begun;
  });
  const message = await prisma.message.create({
    data: { ...inConversation, epoch: 0, role: 'user', text: 'hello', turnId: turn.id },
  });
  await prisma.reply.create({
    data: { ...inConversation, turnId: turn.id, messageId: message.id, body: {} },
  });
  await room.leases.release(lease);
  const { turns, messages, replies } = await prisma.conversation.findUniqueOrThrow({
    where: { id: conversation.id },
    include: { turns: { include: { events: true } }, messages: true, replies: true },
  });
  expect([turns[0]?.events, messages, replies].map((rows) => rows?.length)).toEqual([1, 1, 1]);
  await prisma.conversation.delete({ where: { id: conversation.id } });
}

/** A transaction of the previous version, under way. It ends with its database at the latest. */
async function begin(statement: string, id: string): Promise<Client> {
  const client = new Client({ connectionString: room.url });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN');
  await client.query(statement, [id]);
  return client;
}

describe('The next migration', () => {
  it('is written from the schema, each index on a table with rows as a migration of its own', async () => {
    const [expands, index, ...others] = await writeNext();
    expect(others).toEqual([]);
    expect(expands?.name).toBe('99991231000000_next');
    expect(expands?.script).toMatch(
      /CREATE TABLE "next_notes"[^]*CREATE INDEX "next_notes_conversation_id_idx"/,
    );
    expect(index).toMatchObject({
      name: '99991231000000_next_messages_created_at_idx',
      script: `-- CreateIndex
CREATE INDEX CONCURRENTLY IF NOT EXISTS "messages_created_at_idx" ON "messages"("created_at");
`,
    });
  });

  it('waits for the previous version, which waits for it only for moments', async () => {
    const [expands] = await writeNext();
    if (!expands) throw new Error('nothing was written');
    const { id, chatId } = await room.conversation();
    const work = await begin('UPDATE conversations SET message_count = 1 WHERE id = $1', id);
    const applying = new Migrator(room.url, async () => [expands]).apply();
    await room.somebodyWaitsForALock();
    // Other sessions, on tables that the migration waits for. Without a timeout they would wait for the transaction
    // too.
    await handleMessage();
    // The transaction itself, on another table that the migration changes.
    await work.query('DELETE FROM events WHERE conversation_id = $1', [id]);
    await work.query('COMMIT');
    expect(await applying).toEqual([expands.name]);

    await handleMessage();
    await room.event({ id, chatId }, 'to be read by the next version');
    expect(
      await room.rows(
        'SELECT next_mood, next_note FROM conversations c JOIN events ON conversation_id = c.id',
      ),
    ).toEqual([{ next_mood: 'calm', next_note: null }]);
  });

  it('builds an index while the previous version writes', async () => {
    const next = await writeNext();
    await new Migrator(room.url, async () => next.slice(0, 1)).apply();
    const { id } = await room.conversation();
    const say = `INSERT INTO messages (conversation_id, epoch, role, text) VALUES ($1, 0, 'user', 'hello')`;
    const work = await begin(say, id);
    const applying = new Migrator(room.url, async () => next).apply();
    await room.somebodyWaitsForALock();
    // It waits for the transaction's end, and for no table: no other session waits behind it.
    expect(
      await room.rows(
        'SELECT FROM pg_locks JOIN pg_database d ON d.oid = database AND d.datname = current_database() WHERE relation IS NOT NULL AND NOT granted',
      ),
    ).toEqual([]);
    await handleMessage();
    await work.query(say, [id]);
    await work.query('COMMIT');
    expect(await applying).toEqual([next[1]?.name]);
    await handleMessage();
    expect(
      await room.rows(
        `SELECT indisvalid FROM pg_index WHERE indexrelid = 'messages_created_at_idx'::regclass`,
      ),
    ).toEqual([{ indisvalid: true }]);
  });

  it('breaks nothing of the previous version', async () => {
    for (const migration of await writeNext()) expect(await reviewMigration(room.url, migration)).toEqual([]);
  });
});

describe('The migrations after the first', () => {
  it('break nothing of the previous version, unless they declare it with a reason', async () => {
    const [init, ...later] = await readMigrations();
    if (!init) throw new Error('there is no migration');
    const database = await startEmptyDatabase();
    try {
      await new Migrator(database.url, async () => [init]).apply();
      const found: string[] = [];
      for (const migration of later) {
        for (const { subject, problem } of await reviewMigration(database.url, migration)) {
          found.push(`${migration.name}: ${subject}: ${problem}`);
        }
      }
      expect(found).toEqual([]);
    } finally {
      await database.stop();
    }
  });
});
