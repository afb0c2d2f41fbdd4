import type { Client } from 'pg';

/** What decides whether a commit that was acknowledged can be lost. */
export interface CommitDurability {
  /** Of new connections of this user to this database. */
  readonly synchronousCommit: string;
  readonly synchronousStandbyNames: string;
  /** This server is a standby itself. */
  readonly inRecovery: boolean;
  /** Servers that follow this one, and those among them that no commit waits for. */
  readonly standbys: number;
  readonly asynchronous: number;
}

/** Something that can take back what was committed. */
export interface DurabilityRisk {
  /** Stable. */
  readonly code: 'DATABASE_IN_RECOVERY' | 'COMMITS_NOT_FLUSHED' | 'STANDBYS_NOT_WAITED_FOR';
  /** What is so, and what may be lost. */
  readonly says: string;
  readonly todo: string;
}

const LOST =
  'updates that Telegram will not send again may be lost, and replies that were sent may be sent once more';

/** Decides what is to be warned of. A single server that waits for its disk, and standbys that are waited for: nothing. Pure. */
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

/** Reads it. A user without pg_monitor sees how many standbys there are, not of what kind: then none counts as asynchronous. */
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
