import { type Load, runLoad } from './load.js';

/** The load generator: a process of its own, on a core of its own, that takes loads and answers results. */
process.on('message', (load: Load) => {
  void runLoad(load).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
