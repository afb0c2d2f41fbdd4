import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, transpileInto } from './transpiled.js';

/** After every migration there will be. */
export const NEXT_MIGRATION = '99991231000000_next';

/** As a migration may be while the version before runs: it expands the tables that every message goes through. */
const expands = `
  ALTER TABLE "events" ADD COLUMN "next_note" TEXT;
  ALTER TABLE "conversations" ADD COLUMN "next_mood" TEXT NOT NULL DEFAULT 'calm';
  ALTER TABLE "turns" ADD COLUMN "next_cost" DOUBLE PRECISION NOT NULL DEFAULT 0;
  ALTER TABLE "steps" ADD COLUMN "next_note" TEXT;
  ALTER TABLE "messages" ADD COLUMN "next_seen_at" TIMESTAMPTZ NOT NULL DEFAULT now();
  ALTER TABLE "replies" ADD COLUMN "next_note" TEXT;
  CREATE INDEX "events_next_note" ON "events"("next_note") WHERE "next_note" IS NOT NULL;
  CREATE TABLE "next_notes" (
    "conversation_id" UUID PRIMARY KEY REFERENCES "conversations"("id") ON DELETE CASCADE,
    "note" TEXT NOT NULL
  );`;

/** A version of the project, in a folder that processes are started from. */
export interface Version {
  readonly root: string;
  remove(): Promise<void>;
}

/** This version with one migration more. A copy, so that the product finds its migrations where it always does. */
export async function makeNextVersion(): Promise<Version> {
  const root = await mkdtemp(join(tmpdir(), 'turnpike-next-'));
  await transpileInto(root);
  await cp(join(ROOT, 'prisma'), join(root, 'prisma'), { recursive: true });
  const migration = join(root, 'prisma', 'migrations', NEXT_MIGRATION);
  await mkdir(migration);
  await writeFile(join(migration, 'migration.sql'), expands);
  return { root, remove: () => rm(root, { recursive: true, force: true }) };
}
