import type { Vite, PoolOptions } from 'vitest/node';
import { KeptWorker } from '../guards/kept-worker.js';

/**
 * Vitest plugin: all mutants run in one process. StrykerJS requests threads and would restart them, with all packages,
 * for each mutant; that takes longer than most tests.
 */
export function keptPool(): Vite.Plugin {
  return {
    name: 'kept-pool',
    configureVitest({ vitest, project }) {
      let options: PoolOptions | null = null;
      const worker = new KeptWorker(() => {
        if (!options) throw new Error('started before Vitest asked for it');
        return options;
      });
      project.config.pool = worker.name;
      project.config.poolRunner = {
        name: worker.name,
        createPoolWorker: (given) => {
          options ??= given;
          return worker;
        },
      };
      project.config.maxWorkers = 1;
      vitest.onClose(() => worker.end());
    },
  };
}
