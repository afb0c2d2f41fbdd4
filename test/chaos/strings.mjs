// Loaded before the product (--import): its wall clock can be moved by the parent process, as an administrator or NTP
// would. Timers go on as they do under such a change.
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

process.on('message', (message) => {
  offsetMs = message.clockMs;
});
// The parent's end of the channel may close at any time, and the channel keeps no process alive.
process.on('disconnect', () => undefined);
process.channel?.unref();
