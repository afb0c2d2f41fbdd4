import type { Happening, Inbound } from '../../channel/inbound.js';
import { readChat, readSender } from './chat-reader.js';
import { unwritten } from './unwritten.js';
import { arrayOf, fieldOf, integerOf } from './update-fields.js';

/** 👍 or 👎, given or taken back (https://core.telegram.org/bots/api#messagereactionupdated); null for any other. */
export function readReaction(externalId: string, reaction: unknown): Inbound | null {
  const messageId = integerOf(reaction, 'message_id');
  const [before, now] = [verdictIn(reaction, 'old_reaction'), verdictIn(reaction, 'new_reaction')];
  if (messageId === null || before === now) return null;
  const at = dateOf(reaction);
  return inboundOf(externalId, reaction, fieldOf(reaction, 'user'), {
    kind: 'reaction',
    channelMessageId: BigInt(messageId),
    verdict: now,
    at,
  });
}

function verdictIn(reaction: unknown, name: string): 'up' | 'down' | null {
  const emoji = new Set(arrayOf(reaction, name).map((one) => fieldOf(one, 'emoji')));
  if (emoji.has('👎')) return 'down';
  return emoji.has('👍') ? 'up' : null;
}

/** The bot was shut out of a chat, or let in again; null for what changes only its rights. */
export function readMembership(externalId: string, change: unknown): Inbound | null {
  const [before, now] = [isOut(change, 'old_chat_member'), isOut(change, 'new_chat_member')];
  if (before === now || now === null) return null;
  const kind = now ? ('shut-out' as const) : ('let-in' as const);
  return inboundOf(externalId, change, fieldOf(change, 'from'), { kind, at: dateOf(change) });
}

/** https://core.telegram.org/bots/api#chatmember */
function isOut(change: unknown, name: string): boolean | null {
  const member = fieldOf(change, name);
  const status = fieldOf(member, 'status');
  if (typeof status !== 'string') return null;
  if (status === 'restricted') return fieldOf(member, 'is_member') === false;
  return status === 'left' || status === 'kicked';
}

/** The past of all pasts where there is none: anything later wins over it. */
function dateOf(update: unknown): Date {
  const seconds = integerOf(update, 'date') ?? 0;
  return new Date(Math.min(Math.max(seconds, 0), MAX_SECONDS) * 1_000);
}

/** The year 2200: later dates are nobody's. */
const MAX_SECONDS = 7_258_118_400;

function inboundOf(externalId: string, update: unknown, user: unknown, happening: Happening): Inbound | null {
  const chat = readChat(update);
  return chat && { ...unwritten(externalId, chat, readSender(user)), happening };
}
