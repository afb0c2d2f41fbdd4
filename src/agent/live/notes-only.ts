import type { Live } from './live-reply.js';

/** Shows what the agent is doing, and nothing of what it writes: nobody has checked that yet. */
export function notesOnly(live: Live): Live {
  return { write: () => {}, note: (text) => live.note(text), end: () => live.end() };
}
