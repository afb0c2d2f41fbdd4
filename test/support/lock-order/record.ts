import { expect, inject } from 'vitest';
import { LockRecorder } from './recorder.js';

const installed = Symbol.for('turnpike.lock-recorder');

// The files of a worker share their modules and this setup runs for each: the recorder is the worker's.
if (!Reflect.has(globalThis, installed)) {
  const recorder = new LockRecorder(inject('lockRecords'), () => expect.getState().testPath ?? 'unknown');
  recorder.install();
  Reflect.set(globalThis, installed, recorder);
}
