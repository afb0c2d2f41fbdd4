import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createVitest, type PoolOptions, type TestModule, type Vitest } from 'vitest/node';
import { type Guard, takeOut } from './guard.js';
import { KeptWorker } from './kept-worker.js';
import { TreeCopy } from './tree-copy.js';

/** The migration that removes a key: after all others. */
const LAST_MIGRATION = 'prisma/migrations/99991231235959_without_a_guard';

/** The result of one test; `absent`: it was not run, or does not exist. */
export type Ending =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly errors: readonly string[]; readonly asserted: boolean }
  | { readonly kind: 'absent'; readonly why: string };

/** Runs named tests over a copy of the checkout, with or without a guard; all runs share one PostgreSQL. */
export class Trial {
  private ending: Promise<void> | null = null;

  private constructor(
    private readonly copy: TreeCopy,
    private readonly vitest: Vitest,
    private readonly worker: KeptWorker,
  ) {}

  static async begin(origin: string): Promise<Trial> {
    const copy = await TreeCopy.of(origin);
    let options: PoolOptions | null = null;
    const worker = new KeptWorker(() => {
      if (!options) throw new Error('started before Vitest asked for it');
      return options;
    });
    const pool = {
      name: worker.name,
      createPoolWorker: (given: PoolOptions) => {
        options ??= given;
        return worker;
      },
    };
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const vitest = await createVitest(
      'test',
      { root: copy.root, watch: false, reporters: [{}], cache: false, pool },
      {},
      { stdout: silent, stderr: silent },
    );
    // There is one.
    for (const { config } of vitest.projects) config.maxWorkers = 1;
    return new Trial(copy, vitest, worker);
  }

  /** The results of these guards' tests with all guards in place. */
  async withAll(guards: readonly Guard[]): Promise<ReadonlyMap<Guard, Ending>> {
    return await this.run(guards);
  }

  /** The result of the guard's test without it. @throws if the guard is not in its place */
  async without(guard: Guard): Promise<Ending> {
    const putBack = await this.takeAway(guard);
    try {
      return (await this.run([guard])).get(guard) ?? { kind: 'absent', why: 'it did not run' };
    } finally {
      await putBack();
    }
  }

  end(): Promise<void> {
    return (this.ending ??= this.endAll());
  }

  private async endAll(): Promise<void> {
    await this.vitest.close();
    await this.worker.end();
    await this.copy.remove();
  }

  private async takeAway({ without }: Guard): Promise<() => Promise<void>> {
    if ('sql' in without) {
      await mkdir(this.copy.path(LAST_MIGRATION));
      await this.copy.write(join(LAST_MIGRATION, 'migration.sql'), `${without.sql};\n`);
      return () => rm(this.copy.path(LAST_MIGRATION), { recursive: true });
    }
    const { file } = without;
    const source = await this.copy.read(file);
    await this.change(file, takeOut(source, without));
    return () => this.change(file, source);
  }

  private async change(file: string, text: string): Promise<void> {
    await this.copy.write(file, text);
    this.vitest.invalidateFile(this.copy.path(file));
  }

  private async run(guards: readonly Guard[]): Promise<ReadonlyMap<Guard, Ending>> {
    const modules: TestModule[] = [];
    for (const project of this.vitest.projects) {
      const specifications = [...new Set(guards.map(({ spec }) => spec))].flatMap((spec) => {
        const path = this.copy.path(spec);
        if (!project.matchesTestGlob(path)) return [];
        const names = guards.filter((guard) => guard.spec === spec).map(({ test }) => escape(test));
        const testNamePattern = new RegExp(`(?:^|\\s)(?:${names.join('|')})$`, 'u');
        return [project.createSpecification(path, { testNamePattern })];
      });
      if (specifications.length === 0) continue;
      this.loadAnew();
      // One project after the other: they share the worker.
      modules.push(...(await this.vitest.runTestSpecifications(specifications)).testModules);
    }
    return new Map(guards.map((guard) => [guard, this.endingOf(guard, modules)]));
  }

  /** Modules of the copy that the process has loaded are loaded again: only packages stay. */
  private loadAnew(): void {
    for (const { vite } of this.vitest.projects)
      for (const { moduleGraph } of Object.values(vite.environments))
        for (const file of moduleGraph.fileToModulesMap.keys())
          if (file.startsWith(this.copy.root)) this.vitest.watcher.invalidates.add(file);
  }

  private endingOf({ spec, test }: Guard, modules: readonly TestModule[]): Ending {
    const module = modules.findLast(({ moduleId }) => moduleId === this.copy.path(spec));
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

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
