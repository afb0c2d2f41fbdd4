import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, transpileInto } from './transpiled.js';

/** Behind every migration to come: the last one of the next version. */
export const NEXT_MIGRATION = '99991231000000_next_index';

/** A migration that may run beside the previous version: it expands the tables that every message uses. */
const expands = `
  ALTER TABLE "events" ADD COLUMN "next_note" TEXT;
  ALTER TABLE "conversations" ADD COLUMN "next_mood" TEXT NOT NULL DEFAULT 'calm';
  ALTER TABLE "turns" ADD COLUMN "next_cost" DOUBLE PRECISION NOT NULL DEFAULT 0;
  ALTER TABLE "steps" ADD COLUMN "next_note" TEXT;
  ALTER TABLE "messages" ADD COLUMN "next_seen_at" TIMESTAMPTZ NOT NULL DEFAULT now();
  ALTER TABLE "replies" ADD COLUMN "next_note" TEXT;
  CREATE TABLE "next_notes" (
    "conversation_id" UUID PRIMARY KEY REFERENCES "conversations"("id") ON DELETE CASCADE,
    "note" TEXT NOT NULL
  );`;

/** Of a table with rows, so it is built while the previous version writes. */
const index = `CREATE INDEX CONCURRENTLY IF NOT EXISTS "events_next_note" ON "events"("next_note", "received_at");`;

const migrations = { '99991231000000_next': expands, [NEXT_MIGRATION]: index };

/** A version of the project, in a folder that processes are started from. */
export interface Version {
  readonly root: string;
  remove(): Promise<void>;
}

/** This version with two further migrations. A copy, so that the product finds its migrations in the usual place. */
export async function makeNextVersion(): Promise<Version> {
  const root = await mkdtemp(join(tmpdir(), 'turnpike-next-'));
  await transpileInto(root);
  await cp(join(ROOT, 'prisma'), join(root, 'prisma'), { recursive: true });
  for (const [name, script] of Object.entries(migrations)) {
    const folder = join(root, 'prisma', 'migrations', name);
    await mkdir(folder);
    await writeFile(join(folder, 'migration.sql'), script);
  }
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
