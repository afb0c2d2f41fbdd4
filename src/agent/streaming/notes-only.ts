import type { StreamedReply } from './streamed-reply.js';

/** Shows the agent's status, and none of its answer, which has not been checked yet. */
export function notesOnly(streamedReply: StreamedReply): StreamedReply {
  return { write: () => {}, note: (text) => streamedReply.note(text), end: () => streamedReply.end() };
}
