import type { Settings } from '../config/settings.js';
import { GiveUpError } from '../errors/errors.js';

/** A command of `npm run cli`. */
export interface CliCommand {
  readonly name: string;
  readonly usage: string;
  readonly does: string;
  /**
   * @param print takes a line for standard output
   * @param input reads standard input to its end
   * @throws UsageError for arguments that make no sense; GiveUpError for what could not be done
   */
  run(
    args: readonly string[],
    settings: Settings,
    print: (line: string) => void,
    input: () => Promise<string>,
  ): Promise<void>;
}

/** The command was called wrongly: exit code 2. */
export class UsageError extends GiveUpError {
  constructor(usage: string) {
    super('USAGE', `usage: npm run cli -- ${usage}`);
  }
}
