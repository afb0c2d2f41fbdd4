import type { Environment } from '../../config/read-settings.js';

/** How a process is started that makes one run of one turn; whoever composes the program knows it. */
export class IsolatedEntry {
  constructor(
    /** The module that such a process begins with; null: none can be started, and suspects run where others do. */
    readonly file: string | null,
    readonly args: readonly string[],
    /** Its environment, but for the database's address. */
    readonly env: Environment,
  ) {}
}

/** Where no process of its own can be had: a process that is one itself, and tests. */
export const noIsolation = new IsolatedEntry(null, [], {});
