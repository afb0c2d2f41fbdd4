// Loaded before the product (--import), so that the parent process can control it.

// Its wall clock can be moved, as an administrator or NTP would do it. Timers continue as they do under such a change.
const Real = Date;
let offsetMs = 0;

globalThis.Date = class Date extends Real {
  constructor(...args) {
    if (args.length === 0) super(Real.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return Real.now() + offsetMs;
  }

  static [Symbol.hasInstance](value) {
    return value instanceof Real;
  }
};

// It can be set to die at a named point of its work, if the build was prepared for it (`killPoints`).
let lastWords = null;
// The product replaces it: no tool ends its process by a signal.
const kill = process.kill.bind(process);

globalThis.dieAt = (point) => {
  if (point === lastWords) kill(process.pid, 'SIGKILL');
};

process.on('message', ({ clockMs, dieAt }) => {
  if (clockMs !== undefined) offsetMs = clockMs;
  if (dieAt !== undefined) lastWords = dieAt;
});
// It reports when it could not run for a while: for that long, a lease is not renewed. Suspensions are also reported by
// the parent.
const LOOK_EVERY_MS = 200;
const WORTH_TELLING_MS = 700;
let lookedAt = performance.now();
setInterval(() => {
  const stalledMs = performance.now() - lookedAt - LOOK_EVERY_MS;
  lookedAt = performance.now();
  if (stalledMs > WORTH_TELLING_MS && process.connected) process.send({ stalledMs }, () => {});
}, LOOK_EVERY_MS).unref();

// The channel keeps no process alive.
process.channel?.unref();
