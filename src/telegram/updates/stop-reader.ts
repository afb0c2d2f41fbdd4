import type { Inbound } from '../../channel/inbound.js';
import { readChat } from './chat-reader.js';
import { unwritten } from './unwritten.js';
import { integerOf } from './update-fields.js';

/** Somebody stopped the answer that a draft shows: https://core.telegram.org/bots/api#messagegenerationstopped */
export function readStop(externalId: string, stop: unknown): Inbound | null {
  const chat = readChat(stop);
  const draftId = integerOf(stop, 'draft_id');
  if (chat === null || draftId === null || draftId === 0) return null;
  // Unlike a message, it names a thread only where there is one.
  const threadId = BigInt(integerOf(stop, 'message_thread_id') ?? 0);
  return { ...unwritten(externalId, { ...chat, threadId }, null), stoppedPreview: draftId };
}
