import type { Client } from 'pg';
import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../errors/errors.js';
import { DatabasePool } from './database-pool.js';

/** The server settings that decide whether an acknowledged commit can be lost. */
export interface CommitDurability {
  /** The setting for new connections of this user to this database. */
  readonly synchronousCommit: string;
  readonly synchronousStandbyNames: string;
  /** This server is a standby itself. */
  readonly inRecovery: boolean;
  /** Standbys of this server, and those among them that no commit waits for. */
  readonly standbys: number;
  readonly asynchronous: number;
}

/** A reason why committed data can be lost. */
export interface DurabilityRisk {
  /** Stable code. */
  readonly code: 'DATABASE_IN_RECOVERY' | 'COMMITS_NOT_FLUSHED' | 'STANDBYS_NOT_WAITED_FOR';
  /** The cause, and the possible loss. */
  readonly says: string;
  readonly todo: string;
}

const LOST =
  'updates that Telegram will not send again may be lost, and replies that were sent may be sent once more';

/**
 * Decides which warnings apply. A single server that waits for its disk, and standbys that commits wait for: none.
 * Pure.
 */
export function durabilityRisks(durability: CommitDurability): readonly DurabilityRisk[] {
  const { synchronousCommit, synchronousStandbyNames, inRecovery, standbys, asynchronous } = durability;
  const risks: DurabilityRisk[] = [];
  if (inRecovery) {
    risks.push({
      code: 'DATABASE_IN_RECOVERY',
      says: 'the server at DATABASE_URL is a standby: nothing can be written',
      todo: 'name the primary in DATABASE_URL, or promote this one',
    });
  }
  if (synchronousCommit === 'off') {
    risks.push({
      code: 'COMMITS_NOT_FLUSHED',
      says: `synchronous_commit is off: when the server crashes, ${LOST}`,
      todo: 'set synchronous_commit to on',
    });
  }
  const nobodyWaits = synchronousStandbyNames.trim() === '' || ['off', 'local'].includes(synchronousCommit);
  const unwaited = nobodyWaits ? standbys : asynchronous;
  if (unwaited > 0) {
    risks.push({
      code: 'STANDBYS_NOT_WAITED_FOR',
      says: `no commit waits for ${unwaited} of ${standbys} standbys: where one of them takes over, ${LOST}`,
      todo: nobodyWaits
        ? 'set synchronous_standby_names, and synchronous_commit to on'
        : 'promote none of those that pg_stat_replication shows as async',
    });
  }
  return risks;
}

interface Row extends Omit<CommitDurability, 'standbys' | 'asynchronous'> {
  readonly states: readonly (string | null)[];
}

/**
 * Reads it. A user without pg_monitor sees the number of standbys, not their kind: then none counts as asynchronous.
 */
export async function readCommitDurability(client: Pick<Client, 'query'>): Promise<CommitDurability> {
  const { rows } = await client.query<Row>(`
    SELECT current_setting('synchronous_commit') AS "synchronousCommit",
           current_setting('synchronous_standby_names') AS "synchronousStandbyNames",
           pg_is_in_recovery() AS "inRecovery",
           ARRAY(
             SELECT r.sync_state FROM pg_stat_replication r
             -- A backup takes over from nobody, nor does a subscriber of some tables.
             WHERE r.state IS DISTINCT FROM 'backup'
               AND NOT EXISTS (SELECT FROM pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
           ) AS states`);
  const [row] = rows;
  if (!row) throw new Error('the database told nothing of its commits');
  const { states, ...settings } = row;
  const asynchronous = states.filter((state) => state === 'async').length;
  return { ...settings, standbys: states.length, asynchronous };
}

/** Warns at start of settings that can lose acknowledged commits: promises are no better than the database's. */
@Injectable()
export class DurabilityNotice {
  private readonly logger = new Logger('Database');

  constructor(private readonly pool: DatabasePool) {}

  /** A failure does not stop the start. */
  async tell(): Promise<void> {
    try {
      for (const { code, says, todo } of durabilityRisks(await readCommitDurability(this.pool)))
        this.logger.warn({ msg: 'commits may be lost', code, why: says, todo });
    } catch (error) {
      this.logger.debug({ msg: 'durability of commits not known', error: messageOf(error) });
    }
  }
}
