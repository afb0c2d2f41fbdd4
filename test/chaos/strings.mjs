// Loaded before the product (--import), so that the parent process can pull some strings.

// Its wall clock can be moved, as an administrator or NTP would do it. Timers go on as they do under such a change.
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

// It can be told to die at a named point of its work, where the build was prepared for it (`killPoints`).
let lastWords = null;

globalThis.dieAt = (point) => {
  if (point === lastWords) process.kill(process.pid, 'SIGKILL');
};

process.on('message', ({ clockMs, dieAt }) => {
  if (clockMs !== undefined) offsetMs = clockMs;
  if (dieAt !== undefined) lastWords = dieAt;
});
// It tells when it could not run for a while: as long as that, a lease is not renewed. Suspended, it is told of as well.
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
