import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import { ownerOfStrayError } from './stray-errors.js';

/** Handles an uncaught error, whose owner `ownerOfStrayError` knows. */
type Heed = (error: unknown) => void;

let kept = false;

/**
 * Keeps the owner of errors that Node.js reports outside the context of their work: those of microtasks, and of
 * listeners to a worker thread, its end by lack of memory included. All others are reported within it. Call it once in
 * a process.
 */
export function keepOwners(heed: Heed): void {
  if (kept) return;
  kept = true;
  const queue = globalThis.queueMicrotask;
  globalThis.queueMicrotask = (task) => queue(ownerOfStrayError() ? guarded(task, heed) : task);
  // Registered in the constructor, and so in the context of the thread's creator.
  subscribe('worker_threads', (message) => {
    const worker: unknown = Object(message).worker;
    if (worker instanceof Worker && ownerOfStrayError()) guardListeners(worker, heed);
  });
}

function guardListeners(worker: Worker, heed: Heed): void {
  const emit = worker.emit.bind(worker);
  worker.emit = AsyncLocalStorage.bind((name: string | symbol, ...values: unknown[]): boolean => {
    try {
      return emit(name, ...values);
    } catch (error) {
      heed(error);
      return true;
    }
  });
}

/** Wraps a task; Node.js refuses anything but a function. */
function guarded(task: () => void, heed: Heed): () => void {
  if (typeof task !== 'function') return task;
  return () => {
    try {
      task();
    } catch (error) {
      heed(error);
    }
  };
}
