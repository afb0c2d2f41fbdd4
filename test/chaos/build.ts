import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Pace } from './pace.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A copy of `dist` that processes are started from. */
export interface Build {
  readonly main: string;
  remove(): Promise<void>;
}

/** The safeguards that can be removed from the product, to check that the oracle notices. */
export type Guard = 'fence' | 'sweep';

/** A change of a built file. */
export interface Edit {
  readonly file: string;
  readonly find: RegExp;
  /** As `String.replace` takes it. */
  readonly put: string;
}

/** The product's clocks, faster. */
export const hurry: readonly Edit[] = [
  { file: 'queue/lease/lease.repository.js', find: /LEASE_TTL_MS = [\d_]+/, put: 'LEASE_TTL_MS = 3_000' },
  { file: 'agent/loop/turn-runner.js', find: /LEASE_RETRY_MS = [\d_]+/, put: 'LEASE_RETRY_MS = 500' },
  { file: 'delivery/deliverer.js', find: /LEASE_RETRY_MS = [\d_]+/, put: 'LEASE_RETRY_MS = 500' },
  { file: 'delivery/late-edit.js', find: /LATE_MS = [\d_]+/, put: 'LATE_MS = 4_000' },
  { file: 'queue/lanes.js', find: /lockDuration: [\d_]+/, put: 'lockDuration: 2_000' },
  { file: 'queue/lanes.js', find: /stalledInterval: [\d_]+/, put: 'stalledInterval: 1_000' },
  { file: 'workers/sweep.processor.js', find: /SWEEP_PERIOD_MS = [\d_]+/, put: 'SWEEP_PERIOD_MS = 700' },
  { file: 'telegram/bot-api/bot-api.js', find: /CALL_TIMEOUT_MS = [\d_]+/, put: 'CALL_TIMEOUT_MS = 3_000' },
];

/** The edits that remove them: in the built text, so that the product needs no switch. */
export const without: Readonly<Record<Guard, readonly Edit[]>> = {
  fence: [
    {
      file: 'queue/lease/lease.repository.js',
      find: / AND token = \$\{token\}(?=\s*FOR UPDATE)/,
      put: '',
    },
    {
      file: 'queue/lease/lease.repository.js',
      find: / AND token = \$\{token\}(?=\s*RETURNING true AS held)/,
      put: '',
    },
    // It only reports early what the fence would report in the end; with it the fence has little left to refuse.
    {
      file: 'agent/loop/busy/turn-watch.js',
      find: /if \(sight\?\.token !== lease\.token\)/,
      put: 'if (!sight)',
    },
  ],
  sweep: [{ file: 'workers/sweep.service.js', find: /async run\(\) \{/, put: 'async run() { return 0;' }],
};

/**
 * Copies the build, with the product's clocks at this pace and with further changes.
 * @throws if there is no build, or an edit finds nothing to change
 */
export async function makeBuild(pace: Pace, changes: readonly Edit[] = []): Promise<Build> {
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-chaos-build-'));
  await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true }).catch((error: unknown) => {
    throw new Error('there is no dist/: run `npm run build` first', { cause: error });
  });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  for (const name of ['node_modules', 'prisma']) await symlink(join(ROOT, name), join(folder, name));
  const edits = [...(pace.name === 'hurried' ? hurry : []), ...changes];
  for (const edit of edits) await apply(join(folder, 'dist'), edit);
  return {
    main: join(folder, 'dist', 'main.js'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function apply(dist: string, { file, find, put }: Edit): Promise<void> {
  const path = join(dist, file);
  const text = await readFile(path, 'utf8');
  if (!find.test(text))
    throw new Error(`dist/${file} holds no ${find.source} any more: change test/chaos/build.ts`);
  await writeFile(path, text.replace(find, put));
}
