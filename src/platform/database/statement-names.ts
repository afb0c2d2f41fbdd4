import { createHash } from 'node:crypto';
import { BoundedMap } from '../runtime/bounded-map.js';

/** Statements that are prepared, at most: each connection keeps the plans of all of them. */
const MAX_NAMES = 64;
/** A statement is prepared once it has come this often: the many that are rare would cost more than they save. */
const USES = 10;
/** Statements that are counted. */
const MAX_COUNTED = 1_000;

/**
 * Names the SQL texts that come back often, so that PostgreSQL parses and plans them once a connection. The few that
 * every message needs are among the first to be named.
 */
export class StatementNames {
  private readonly names = new Map<string, string>();
  private readonly uses = new BoundedMap<string, number>(MAX_COUNTED);

  /** @returns the empty name for a statement that is not prepared */
  nameOf(sql: string): string {
    const known = this.names.get(sql);
    if (known !== undefined) return known;
    if (this.names.size >= MAX_NAMES) return '';
    const uses = (this.uses.get(sql) ?? 0) + 1;
    this.uses.set(sql, uses);
    if (uses < USES) return '';
    // By its text: a connection may serve several clients.
    const name = createHash('sha256').update(sql).digest('base64url');
    this.names.set(sql, name);
    return name;
  }
}
