import { CONSOLE_CHANNEL } from '../../channel/console-channel.js';
import { ChatId, NO_THREAD, ThreadId } from '../../channel/ids.js';
import type { Trigger } from '../../generated/prisma/client.js';
import type { ChatOfChannel } from '../../memory/conversation-places.repository.js';

/**
 * The destination of a trigger's messages. A chat's conversation is made if there is none (any more); an erased conversation that
 * is named by its id stays away.
 */
export type TriggerTarget =
  | { readonly kind: 'conversation'; readonly conversationId: string }
  | { readonly kind: 'chat'; readonly channel: string; readonly chatId: ChatId; readonly threadId: ThreadId };

/** `own`: a conversation in the console that only this trigger has. */
export type TargetWish = TriggerTarget | { readonly kind: 'own' };

type TargetColumns = Pick<Trigger, 'conversationId' | 'channel' | 'chatId' | 'threadId'>;

export function columnsOf(target: TargetWish, triggerId: string): TargetColumns {
  switch (target.kind) {
    case 'conversation':
      return { conversationId: target.conversationId, channel: null, chatId: null, threadId: null };
    case 'chat': {
      const { channel, chatId, threadId } = target;
      return { conversationId: null, channel, chatId, threadId };
    }
    case 'own':
      return { conversationId: null, channel: CONSOLE_CHANNEL, chatId: triggerId, threadId: NO_THREAD };
  }
}

/** The target of a row, of which the database demands one of the two. */
export function targetOf({ conversationId, channel, chatId, threadId }: TargetColumns): TriggerTarget {
  if (conversationId !== null) return { kind: 'conversation', conversationId };
  return {
    kind: 'chat',
    channel: channel ?? '',
    chatId: ChatId(chatId ?? ''),
    threadId: ThreadId(threadId ?? ''),
  };
}

export const isOwn = (target: TriggerTarget): boolean =>
  target.kind === 'chat' && target.channel === CONSOLE_CHANNEL;

/** The chat of a target as it is known before anybody has written there; its first message tells the rest. */
export function chatOf({
  channel,
  chatId,
  threadId,
}: Extract<TriggerTarget, { kind: 'chat' }>): ChatOfChannel {
  // Telegram's groups have negative ids.
  const type = chatId.startsWith('-') ? 'supergroup' : 'private';
  return { channel, chat: { chatId, threadId, via: null, type, title: null, username: null } };
}
