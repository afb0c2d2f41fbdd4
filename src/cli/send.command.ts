import type { INestApplicationContext } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type { MessageDto } from '../admin/conversations/message.dto.js';
import { toMessageDto } from '../admin/conversations/message.dto.js';
import { MessageListing } from '../admin/conversations/message-listing.repository.js';
import { OperatorMessageDto } from '../admin/conversations/operator-message.dto.js';
import { OperatorVoice } from '../admin/conversations/operator-voice.service.js';
import { DatabaseModule } from '../database/database.module.js';
import { PrismaService } from '../database/prisma.service.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { Outbox } from '../delivery/outbox.js';
import { GiveUpError } from '../errors/errors.js';
import { MemoryModule } from '../memory/memory.module.js';
import { MessageRepository } from '../memory/message.repository.js';
import { ObservabilityModule } from '../observability/observability.module.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { LanesModule } from '../queue/lanes.module.js';
import { pause } from '../runtime/pause.js';
import { TelegramModule } from '../telegram/telegram.module.js';
import { type CliCommand, UsageError } from './cli-command.js';
import { findConversation } from './find-conversation.js';
import { visible } from '../texts/visible-text.js';
import { withContext } from './with-context.js';

/** How long it is watched whether the reply goes out; it goes out later too. */
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

/** Speaks as the bot, from the command line. The reply is a row as any other; a running server sends it. */
export const send: CliCommand = {
  name: 'send',
  usage: 'send CHAT[/TOPIC]|CONVERSATION TEXT|-',
  does: 'speaks as the bot, in Markdown; -: the text is on standard input',
  run: async ([place, ...words], settings, print, input) => {
    if (place === undefined || words.length === 0) throw new UsageError(send.usage);
    const said = words.length === 1 && words[0] === '-' ? await input() : words.join(' ');
    const text = checked(said);
    const line = await withContext(settings, rooms, async (context) => {
      const conversationId = await findConversation(context.get(PrismaService), place);
      return await sayAndWatch(context, conversationId, text);
    });
    print(line);
  },
};

/** By the rules of the admin API. @throws GiveUpError naming what is wrong with the text */
function checked(text: string): string {
  const [error] = validateSync(plainToInstance(OperatorMessageDto, { text }));
  if (!error) return text;
  throw new GiveUpError('TEXT_REFUSED', Object.values(error.constraints ?? {}).join('; '));
}

async function sayAndWatch(
  context: INestApplicationContext,
  conversationId: string,
  text: string,
): Promise<string> {
  const listing = new MessageListing(context.get(PrismaService));
  const voice = new OperatorVoice(
    context.get(PrismaService),
    context.get(MessageRepository),
    context.get(Outbox),
    listing,
    context.get(LaneWaker),
  );
  let message = await voice.say(conversationId, text, null);
  const { signal } = new AbortController();
  for (let passedMs = 0; isOpen(message) && passedMs < WATCH_MS; passedMs += LOOK_EVERY_MS) {
    await pause(LOOK_EVERY_MS, signal);
    const now = await listing.find(BigInt(message.id));
    if (!now) throw new GiveUpError('CONVERSATION_ERASED', 'the conversation was erased meanwhile');
    message = toMessageDto(now);
  }
  return outcomeOf(message, conversationId);
}

/** `uncertain` may still become sent or failed: it is told as what it is. */
const isOpen = ({ delivery }: MessageDto): boolean =>
  delivery?.state === 'pending' || delivery?.state === 'sending';

/** @throws GiveUpError where it failed for good */
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
