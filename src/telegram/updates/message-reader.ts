import type { Attachment } from '../../channel/attachment.js';
import type { ChatDescription, Inbound } from '../../channel/inbound.js';
import { OutsideText } from '../../channel/outside-text.js';
import { quoteOutside } from '../../channel/quoted.js';
import { readSlashText } from '../bot-api/bot-commands.js';
import type { BotName } from '../bot-api/bot-name.js';
import { isAddressed, originalOf } from './addressing.js';
import { attachmentsOf } from './attachments.js';
import { readAuthor } from './author-reader.js';
import { readChat } from './chat-reader.js';
import { isBusiness, isDirect, isSpokenTo } from './chat-route.js';
import { type Others, othersOf } from './forward-origin.js';
import { contentOf, noteOf, noteText, writtenIn } from './message-content.js';
import { replyContext } from './reply-context.js';
import { fieldOf, integerOf } from './update-fields.js';

/**
 * What a message (https://core.telegram.org/bots/api#message) says, to the bot or, in a group, among its people; null where
 * it says nothing, or is for another bot.
 */
export function readMessage(
  externalId: string,
  message: unknown,
  isEdit: boolean,
  bot: BotName | null,
): Inbound | null {
  const chat = readChat(message);
  const written = writtenIn(message);
  // Of what people send only the words can be edited; a live location is "edited" every few seconds.
  const note = isEdit && written === null ? null : noteOf(message);
  if (chat === null || (written === null && note === null)) return null;

  if (isOfOwner(message, chat)) return null;
  const slash = written === null ? null : readSlashText(written, bot);
  if (slash?.for === 'other' && !isForUs(chat)) return null;
  const isAddressedToUs = slash !== null || isAddressed(message, written ?? '', bot);
  const others = othersOf(message);
  // Whoever adds a slash to an old message does not mean to command, nor does who passes one on.
  const command = isEdit || others !== null ? null : (slash?.command ?? null);
  const said = slash?.text ?? written;
  const own = others ? [othersText(message, others)] : [note && noteText(note), said];
  const parts = command ? [said] : [replyContext(message, bot), ...own];
  const messageId = integerOf(message, 'message_id');
  return {
    externalId,
    chat,
    sender: readAuthor(message),
    text: parts.filter((part) => part !== null).join('\n'),
    isOfOthers: others !== null,
    attachments: command ? [] : filesOf(message, chat, others !== null),
    isWordless: written === null,
    command,
    press: null,
    stoppedPreview: null,
    happening: null,
    channelMessageId: messageId === null ? null : BigInt(messageId),
    isFromBot: isBot(message),
    isOverheard: !isForUs(chat) && (isChannelPost(message) || !isAddressedToUs),
    isEdit,
    inBatch:
      fieldOf(message, 'media_group_id') !== undefined ||
      (others !== null && fieldOf(message, 'via_bot') === undefined),
  };
}

/** A message whose sender did not write it. */
function othersText(message: unknown, { what, from }: Others): string {
  const head = OutsideText.join(['From:', from ?? 'somebody'], ' ');
  return quoteOutside(what, OutsideText.join([head, contentOf(message)], '\n'));
}

/**
 * In a group people reply to somebody's photo to ask about it; in a private chat it is in the history already. What
 * others said in it is data.
 */
function filesOf(message: unknown, chat: ChatDescription, isOfOthers: boolean): Attachment[] {
  const own = attachmentsOf(message).map((file) => ({ ...file, isSpeech: file.isSpeech && !isOfOthers }));
  if (isPrivate(chat)) return own;
  return [...own, ...attachmentsOf(originalOf(message)).map((file) => ({ ...file, isSpeech: false }))];
}

const isForUs = (chat: ChatDescription): boolean => isPrivate(chat) || isSpokenTo(chat);

/**
 * In a chat of a business account its owner writes too, and whoever answers for them; in a channel's direct messages the
 * channel does. They speak to their customers, not to the bot.
 */
function isOfOwner(message: unknown, chat: ChatDescription): boolean {
  if (isDirect(chat)) return fieldOf(message, 'sender_chat') !== undefined;
  return isBusiness(chat) && BigInt(integerOf(fieldOf(message, 'from'), 'id') ?? 0) !== chat.chatId;
}

/** Telegram writes for anonymous admins and for channels as a bot of its own; these are people. */
function isBot(message: unknown): boolean {
  return (
    fieldOf(fieldOf(message, 'from'), 'is_bot') === true && fieldOf(message, 'sender_chat') === undefined
  );
}

/** Telegram puts what a channel posts into its discussion group: nobody of the group says it. */
const isChannelPost = (message: unknown): boolean => fieldOf(message, 'is_automatic_forward') === true;

function isPrivate(chat: ChatDescription): boolean {
  return chat.type === 'private';
}
