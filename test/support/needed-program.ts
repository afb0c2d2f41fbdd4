import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, it } from 'vitest';

/** The path of the first of these programs that is on the PATH, or null. */
export function findProgram(...names: readonly string[]): string | null {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      const candidate = join(folder, name);
      try {
        accessSync(candidate, constants.X_OK);
        return candidate;
      } catch {
        // Not in this folder.
      }
    }
  }
  return null;
}

/**
 * `describe` for suites that need a program. Without it they are skipped and the reason is printed; with
 * REQUIRE_SERVICES=1 its absence is a failure.
 * @param program what is missing where `found` is null, e.g. `redis-server`
 */
export function describeWithProgram(
  name: string,
  program: string,
  found: string | null,
  suite: () => void,
): void {
  if (found !== null) {
    describe(name, suite);
  } else if (process.env.REQUIRE_SERVICES === '1') {
    describe(name, () => {
      it(`needs a ${program} on the PATH`, () => {
        throw new Error(`no ${program} on the PATH, and REQUIRE_SERVICES=1`);
      });
    });
  } else {
    process.stderr.write(`skipped: ${name}: no ${program} on the PATH\n`);
    describe.skip(`${name} (no ${program} on the PATH)`, suite);
  }
}
