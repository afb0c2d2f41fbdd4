import type { Settings } from '../config/settings.js';
import { GiveUpError } from '../errors/errors.js';

/** A command of `npm run cli`. */
export interface CliCommand {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
  /** Resolves with what to print. @throws UsageError for arguments that make no sense */
  run(args: readonly string[], settings: Settings): Promise<readonly string[]>;
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends GiveUpError {
  constructor(usage: string) {
    super('USAGE', `usage: npm run cli -- ${usage}`);
  }
}
