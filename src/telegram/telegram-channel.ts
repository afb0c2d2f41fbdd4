import { Injectable, Logger } from '@nestjs/common';
import { Channel, type Destination, type ReplyBody, type SendOutcome } from '../channel/channel.js';
import type { Inbound } from '../channel/inbound.js';
import { BotApi } from './bot-api.js';
import { BotIdentity } from './bot-identity.js';
import { composeMessages } from './formatting/compose-messages.js';
import type { FormattedText } from './formatting/formatted-text.js';
import { readBody, writeBody } from './reply-body.js';
import { isFormattingRefusal, outcomeOf } from './send-outcome.js';
import { TelegramAccess } from './telegram-access.js';
import { integerOf } from './update-fields.js';
import { readUpdate } from './update-reader.js';

/** "Typing" lasts five seconds; an answer that takes longer is of no use. */
const BUSY_TIMEOUT_MS = 5_000;

/** Telegram as a place where people talk to the agent. */
@Injectable()
export class TelegramChannel extends Channel {
  override readonly name = 'telegram';
  private readonly logger = new Logger(TelegramChannel.name);

  constructor(
    private readonly botApi: BotApi,
    private readonly identity: BotIdentity,
    private readonly access: TelegramAccess,
  ) {
    super();
  }

  override read(payload: unknown): Inbound | null {
    return readUpdate(payload, this.identity.known);
  }

  override admits(inbound: Inbound): boolean {
    return this.access.isAllowed(inbound);
  }

  override compose(markdown: string): readonly ReplyBody[] {
    return composeMessages(markdown).map(writeBody);
  }

  /**
   * Sends one message (https://core.telegram.org/bots/api#sendmessage). Where Telegram refuses its formatting, nothing
   * was sent, and the bare text follows at once.
   */
  override async send(destination: Destination, body: ReplyBody, signal: AbortSignal): Promise<SendOutcome> {
    const message = readBody(body);
    if (!message) return { kind: 'refused', code: 'BODY_UNREADABLE', error: 'not a message of this channel' };
    const outcome = await this.sendOnce(destination, message, signal);
    if (message.entities.length === 0 || !isFormattingRefusal(outcome)) return outcome;
    this.logger.warn({ msg: 'formatting refused, sending plain text', ...idsOf(destination), outcome });
    return this.sendOnce(destination, { text: message.text, entities: [] }, signal);
  }

  override async showBusy(destination: Destination, signal: AbortSignal): Promise<void> {
    try {
      const action = { ...addressOf(destination), action: 'typing' } as const;
      await this.botApi.call((api) => api.sendChatAction(action), signal, BUSY_TIMEOUT_MS);
    } catch {
      // Aborted: nobody waits for it any more.
    }
  }

  private async sendOnce(
    destination: Destination,
    { text, entities }: FormattedText,
    signal: AbortSignal,
  ): Promise<SendOutcome> {
    const message = {
      ...addressOf(destination),
      text,
      ...(entities.length > 0 && { entities: [...entities] }),
    };
    const result = await this.botApi.call((api) => api.sendMessage(message), signal);
    if (!result.ok) return outcomeOf(result.failure);
    const messageId = integerOf(result.value, 'message_id');
    if (messageId === null) return { kind: 'unknown', error: 'accepted without a message id' };
    return { kind: 'sent', channelMessageId: BigInt(messageId) };
  }
}

/** Telegram's ids have at most 52 significant bits, so they are exact as numbers. */
function addressOf({ chatId, threadId }: Destination): { chat_id: number; message_thread_id?: number } {
  const chat = { chat_id: Number(chatId) };
  return threadId === 0n ? chat : { ...chat, message_thread_id: Number(threadId) };
}

function idsOf({ chatId, threadId }: Destination): { chatId: string; threadId: string } {
  return { chatId: chatId.toString(), threadId: threadId.toString() };
}
