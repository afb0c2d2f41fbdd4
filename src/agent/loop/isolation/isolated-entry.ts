import type { Environment } from '../../../platform/config/read-settings.js';

/** The entry of a process that makes one run of one turn; the composition root provides it. */
export class IsolatedEntry {
  constructor(
    /**
     * The module that such a process starts with; null: none can be started, and suspects run in the shared process.
     */
    readonly file: string | null,
    readonly args: readonly string[],
    /** Its environment, without the database's address. */
    readonly env: Environment,
  ) {}
}

/** No isolation: for a process that is isolated itself, and for tests. */
export const noIsolation = new IsolatedEntry(null, [], {});
