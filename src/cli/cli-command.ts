import type { Settings } from '../config/settings.js';

/** A command of `npm run cli`. */
export interface CliCommand {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
  /** Resolves with what to print. @throws GiveUpError for arguments that make no sense */
  run(args: readonly string[], settings: Settings): Promise<readonly string[]>;
}
