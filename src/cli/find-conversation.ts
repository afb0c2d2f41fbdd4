import { isUUID } from 'class-validator';
import { NO_THREAD } from '../channel/ids.js';
import type { PrismaService } from '../platform/database/prisma.service.js';
import { GiveUpError } from '../platform/errors/errors.js';

/** A chat id, and the topic of a topic's conversation: as `chats` shows them. */
const PLACE = /^(-?\d{1,19})(?:\/(\d{1,19}))?$/;

/**
 * Finds a conversation by its own id, or by `CHAT` or `CHAT/TOPIC`. The chat alone means the conversation outside all
 * topics, or the only topic. If several bots know the chat, only the conversation's id is unambiguous.
 * @throws GiveUpError if there is none, or several match
 */
export async function findConversation(prisma: PrismaService, place: string): Promise<string> {
  const unknown = new GiveUpError(
    'CONVERSATION_UNKNOWN',
    `there is no conversation ${JSON.stringify(place)}`,
    'a bot can only write to who wrote to it first; npm run cli -- chats lists the conversations',
  );
  if (isUUID(place)) {
    const found = await prisma.conversation.findUnique({
      where: { id: place, erasedAt: null },
      select: { id: true },
    });
    if (!found) throw unknown;
    return found.id;
  }
  const [, chat, topic] = PLACE.exec(place) ?? [];
  if (chat === undefined) throw unknown;
  const found = await prisma.conversation.findMany({
    where: { chatId: chat, erasedAt: null, ...(topic !== undefined && { threadId: topic }) },
    select: { id: true, channel: true, threadId: true },
    orderBy: { id: 'asc' },
    take: 100,
  });
  const whole = found.filter((one) => one.threadId === (topic ?? NO_THREAD));
  const meant = whole.length > 0 ? whole : found;
  const [only, ...more] = meant;
  if (!only) throw unknown;
  if (more.length === 0) return only.id;
  throw new GiveUpError(
    'CONVERSATION_AMBIGUOUS',
    `chat ${place} has several conversations`,
    `say which one: ${meant.map((one) => nameOf(one, chat, meant)).join(', ')}`,
  );
}

interface Found {
  readonly id: string;
  readonly channel: string;
  readonly threadId: string;
}

/** The place as it can be typed: several bots may have it, and ids below zero are chats of a business account. */
function nameOf({ id, channel, threadId }: Found, chat: string, meant: readonly Found[]): string {
  const isPlain = !threadId.startsWith('-') && meant.filter((one) => one.threadId === threadId).length === 1;
  return isPlain ? `${chat}/${threadId}` : `${id} (${channel})`;
}
