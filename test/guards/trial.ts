import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createVitest, type Vitest } from 'vitest/node';
import { type Guard, takeOut } from './guard.js';
import { TreeCopy } from './tree-copy.js';

/** The migration that takes a key away: behind all others. */
const LAST_MIGRATION = 'prisma/migrations/99991231235959_without_a_guard';

/** How one test ended; `absent`: it was not run, or there is none of that name. */
export type Ending =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly errors: readonly string[]; readonly asserted: boolean }
  | { readonly kind: 'absent'; readonly why: string };

/** Runs named tests over a copy of the checkout, with or without a guard; all runs share one PostgreSQL. */
export class Trial {
  private constructor(
    private readonly copy: TreeCopy,
    private readonly vitest: Vitest,
  ) {}

  static async begin(origin: string): Promise<Trial> {
    const copy = await TreeCopy.of(origin);
    const vitest = await createVitest('test', {
      root: copy.root,
      watch: false,
      reporters: [{}],
      onConsoleLog: () => false,
      includeTaskLocation: false,
      cache: false,
    });
    return new Trial(copy, vitest);
  }

  /** How these tests end with every guard in. */
  async withAll(guards: readonly Guard[]): Promise<ReadonlyMap<Guard, Ending>> {
    return await this.run(guards);
  }

  /** How the guard's test ends without it. @throws where the guard is not where it is said to be */
  async without(guard: Guard): Promise<Ending> {
    const putBack = await this.takeAway(guard);
    try {
      return (await this.run([guard])).get(guard) ?? { kind: 'absent', why: 'it did not run' };
    } finally {
      await putBack();
    }
  }

  async end(): Promise<void> {
    await this.vitest.close();
    await this.copy.remove();
  }

  private async takeAway({ without }: Guard): Promise<() => Promise<void>> {
    if ('sql' in without) {
      await mkdir(this.copy.path(LAST_MIGRATION));
      await this.copy.write(join(LAST_MIGRATION, 'migration.sql'), `${without.sql};\n`);
      return () => rm(this.copy.path(LAST_MIGRATION), { recursive: true });
    }
    const { file } = without;
    await this.copy.write(file, takeOut(await this.copy.read(file), without));
    this.vitest.invalidateFile(this.copy.path(file));
    return async () => {
      await this.copy.putBack(file);
      this.vitest.invalidateFile(this.copy.path(file));
    };
  }

  private async run(guards: readonly Guard[]): Promise<ReadonlyMap<Guard, Ending>> {
    const specifications = [...new Set(guards.map(({ spec }) => spec))].flatMap((spec) => {
      const names = guards.filter((guard) => guard.spec === spec).map(({ test }) => escape(test));
      const testNamePattern = new RegExp(`(?:^|\\s)(?:${names.join('|')})$`, 'u');
      const path = this.copy.path(spec);
      return this.vitest.projects
        .filter((project) => project.matchesTestGlob(path))
        .map((project) => project.createSpecification(path, { testNamePattern }));
    });
    const { testModules } = await this.vitest.runTestSpecifications(specifications);
    return new Map(guards.map((guard) => [guard, this.endingOf(guard, testModules)]));
  }

  private endingOf(
    { spec, test }: Guard,
    modules: Awaited<ReturnType<Vitest['runTestSpecifications']>>['testModules'],
  ): Ending {
    const module = modules.find(({ moduleId }) => moduleId === this.copy.path(spec));
    if (!module) return { kind: 'absent', why: 'no such spec' };
    const cases = [...module.children.allTests()].filter(({ name }) => name === test);
    const results = cases.map((one) => one.result());
    const failed = results.find(({ state }) => state === 'failed');
    if (failed) {
      const errors = failed.errors ?? [];
      return {
        kind: 'failed',
        errors: errors.map(({ name, message }) => `${name}: ${message}`),
        asserted: errors.some(({ name }) => name === 'AssertionError'),
      };
    }
    if (results.some(({ state }) => state === 'passed')) return { kind: 'passed' };
    const [error] = module.errors();
    return { kind: 'absent', why: error?.message ?? (cases.length > 0 ? 'it was skipped' : 'no such test') };
  }
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
