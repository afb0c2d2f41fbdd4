import type { INestApplicationContext } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { MessageDto } from '../admin/conversations/message.dto.js';
import { toMessageDto } from '../admin/conversations/message.dto.js';
import { MessageListingRepository } from '../admin/conversations/message-listing.repository.js';
import { OperatorMessageDto } from '../admin/conversations/operator-message.dto.js';
import { OperatorMessagesService } from '../admin/conversations/operator-messages.service.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { Outbox } from '../delivery/outbox.js';
import { GiveUpError } from '../platform/errors/errors.js';
import { MemoryModule } from '../memory/memory.module.js';
import { MessageRepository } from '../memory/message.repository.js';
import { ObservabilityModule } from '../platform/observability/observability.module.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { LanesModule } from '../queue/lanes.module.js';
import { pause } from '../platform/runtime/pause.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import type { CliCommand } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { findConversation } from './find-conversation.js';
import { visible } from '../platform/i18n/visible-text.js';
import { withContext } from './with-context.js';

/** How long the command watches whether the reply is sent; it may be sent later too. */
const WATCH_MS = 5_000;
const LOOK_EVERY_MS = 100;

const rooms = [
  DatabaseModule,
  ObservabilityModule,
  TelegramModule,
  MemoryModule,
  DeliveryModule,
  LanesModule,
];

/** Sends an operator message. The reply is an ordinary row; a running server sends it. */
export function addSend(program: CliCommand, session: CliSession): void {
  program
    .command('send')
    .description('speak as the bot, in Markdown')
    .usage('[options] <CHAT> [--] <TEXT...>')
    .argument('<CHAT>', 'a chat id, chat id/topic id, or a conversation’s id, as chats shows them')
    .argument('<TEXT...>', '-: it is on standard input; a text that begins with dashes goes after --')
    .action(async (place: string, words: readonly string[]) => {
      const settings = session.settings();
      const isInput = words.length === 1 && words[0] === '-';
      const text = checkedText(isInput ? await session.readInput() : words.join(' '));
      const outcome = await withContext(settings, rooms, async (context) => {
        const conversationId = await findConversation(context.get(PrismaService), place);
        return await sayAndWatch(context, conversationId, text);
      });
      session.print(outcome);
    });
}

/** By the rules of the admin API. @throws GiveUpError naming the fault of the text */
function checkedText(text: string): string {
  const [error] = validateSync(plainToInstance(OperatorMessageDto, { text }));
  if (!error) return text;
  throw new GiveUpError('TEXT_REFUSED', Object.values(error.constraints ?? {}).join('; '));
}

async function sayAndWatch(
  context: INestApplicationContext,
  conversationId: string,
  text: string,
): Promise<string> {
  const listing = new MessageListingRepository(context.get(PrismaService));
  const operatorMessages = new OperatorMessagesService(
    context.get(PrismaService),
    context.get(MessageRepository),
    context.get(Outbox),
    listing,
    context.get(LaneWaker),
  );
  let message = await operatorMessages.say(conversationId, text, null);
  const { signal } = new AbortController();
  for (let passedMs = 0; isOpen(message) && passedMs < WATCH_MS; passedMs += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS, signal);
    const now = await listing.find(BigInt(message.id));
    if (!now) throw new GiveUpError('CONVERSATION_ERASED', 'the conversation was erased meanwhile');
    message = toMessageDto(now);
  }
  return outcomeOf(message, conversationId);
}

/** `uncertain` may still become sent or failed: it is reported as it is. */
const isOpen = ({ delivery }: MessageDto): boolean =>
  delivery?.state === 'pending' || delivery?.state === 'sending';

/** @throws GiveUpError if it failed for good */
function outcomeOf({ id, delivery, telegramMessageId }: MessageDto, conversationId: string): string {
  const about = `message ${id} of conversation ${conversationId}`;
  const error = delivery?.error == null ? '' : `: ${visible(delivery.error)}`;
  switch (delivery?.state) {
    case undefined:
    case 'sent':
      return `sent: ${about}, in Telegram ${telegramMessageId}`;
    case 'uncertain':
      return `uncertain, Telegram may have it: ${about}${error}`;
    case 'failed':
      throw new GiveUpError('SEND_FAILED', `not sent: ${about}${error}`, 'npm run cli -- dead-letters list');
    case 'pending':
    case 'sending':
      return `stored, not sent yet: ${about}${error}. It is sent as soon as a running server can; nothing is to be repeated`;
  }
}
