import { describe, it } from 'vitest';

/**
 * `describe` for suites that need a program. Without it they are skipped and the reason is printed; with
 * REQUIRE_SERVICES=1 its absence is a failure.
 * @param program its name, for when `found` is null, e.g. `redis-server`
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
