import { isUUID } from 'class-validator';
import type { PrismaService } from '../database/prisma.service.js';
import { GiveUpError } from '../errors/errors.js';

/** A chat id, and a topic's where it is one's conversation: as `chats` shows them. */
const PLACE = /^(-?\d{1,19})(?:\/(\d{1,19}))?$/;
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The conversation that is meant by its own id, or by `CHAT` or `CHAT/TOPIC`. The chat alone means what is written in no
 * topic, or the only topic there is. Where several bots know the chat, only its own id tells which is meant.
 * @throws GiveUpError where there is none, or several could be meant
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
  const [chatId, threadId] = [BigInt(chat), topic === undefined ? null : BigInt(topic)];
  if (chatId > MAX_INT64 || chatId < -MAX_INT64 || (threadId ?? 0n) > MAX_INT64) throw unknown;
  const found = await prisma.conversation.findMany({
    where: { chatId, erasedAt: null, ...(threadId !== null && { threadId }) },
    select: { id: true, channel: true, threadId: true },
    orderBy: { id: 'asc' },
    take: 100,
  });
  const whole = found.filter((one) => one.threadId === (threadId ?? 0n));
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
  readonly threadId: bigint;
}

/** As it can be typed: several bots may have the place, and below zero are chats of a business account. */
function nameOf({ id, channel, threadId }: Found, chat: string, meant: readonly Found[]): string {
  const isPlain = threadId >= 0n && meant.filter((one) => one.threadId === threadId).length === 1;
  return isPlain ? `${chat}/${threadId}` : `${id} (${channel})`;
}
