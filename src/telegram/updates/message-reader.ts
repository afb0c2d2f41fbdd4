import type { Attachment } from '../../channel/attachment.js';
import type {
  ChatDescription,
  InboundCommand,
  InboundEdit,
  InboundMessage,
  Written,
} from '../../channel/inbound.js';
import { ChannelMessageId } from '../../channel/ids.js';
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
import { quotedAnswer, replyContext } from './reply-context.js';
import { fieldOf, integerOf } from '../bot-api/update-fields.js';

/**
 * Reads a message (https://core.telegram.org/bots/api#message) to the bot or, in a group, among its people; null if it
 * has no content, or is for another bot.
 */
export function readMessage(
  externalId: string,
  message: unknown,
  isEdit: boolean,
  bot: BotName | null,
): InboundMessage | InboundEdit | InboundCommand | null {
  const chat = readChat(message);
  const written = writtenIn(message);
  // Only texts and captions of people can be edited; a live location is "edited" every few seconds.
  const note = isEdit && written === null ? null : noteOf(message);
  if (chat === null || (written === null && note === null)) return null;

  if (isOfOwner(message, chat)) return null;
  const slash = written === null ? null : readSlashText(written, bot);
  if (slash?.for === 'other' && !isForUs(chat)) return null;
  const isAddressedToUs = slash !== null || isAddressed(message, written ?? '', bot);
  const others = othersOf(message);
  // An edit that adds a slash to an old message is no command, nor is a forwarded message.
  const command = isEdit || others !== null ? null : (slash?.command ?? null);
  const said = slash?.text ?? written;
  const own = others ? [othersText(message, others)] : [note && noteText(note), said];
  const parts = command ? [said] : [replyContext(message, bot), ...own];
  const messageId = integerOf(message, 'message_id');
  const content: Written = {
    externalId,
    chat,
    sender: readAuthor(message),
    text: parts.filter((part) => part !== null).join('\n'),
    isOfOthers: others !== null,
    quotedAnswer: command ? null : quotedAnswer(message, bot),
    attachments: command ? [] : filesOf(message, chat, others !== null),
    isWordless: written === null,
    channelMessageId: messageId === null ? null : ChannelMessageId(String(messageId)),
    position: messageId === null ? null : BigInt(messageId),
    isFromBot: isBot(message),
    isGroupContext: !isForUs(chat) && (isChannelPost(message) || !isAddressedToUs),
    inBatch:
      fieldOf(message, 'media_group_id') !== undefined ||
      (others !== null && fieldOf(message, 'via_bot') === undefined),
  };
  if (command) return { ...content, kind: 'command', command };
  return { ...content, kind: isEdit ? 'edit' : 'message' };
}

/** A message whose sender did not write it. */
function othersText(message: unknown, { what, from }: Others): string {
  const head = OutsideText.join(['From:', from ?? 'somebody'], ' ');
  return quoteOutside(what, OutsideText.join([head, contentOf(message)], '\n'));
}

/**
 * In a group people reply to another's photo to ask about it; in a private chat it is in the history already. Other
 * people's words in it are data.
 */
function filesOf(message: unknown, chat: ChatDescription, isOfOthers: boolean): Attachment[] {
  const own = attachmentsOf(message).map((file) => ({ ...file, isSpeech: file.isSpeech && !isOfOthers }));
  if (isPrivate(chat)) return own;
  return [...own, ...attachmentsOf(originalOf(message)).map((file) => ({ ...file, isSpeech: false }))];
}

const isForUs = (chat: ChatDescription): boolean => isPrivate(chat) || isSpokenTo(chat);

/**
 * In a chat of a business account its owner writes too, and bots that answer for them; in a channel's direct messages
 * the channel does. They address their customers, not the bot.
 */
function isOfOwner(message: unknown, chat: ChatDescription): boolean {
  if (isDirect(chat)) return fieldOf(message, 'sender_chat') !== undefined;
  return isBusiness(chat) && String(integerOf(fieldOf(message, 'from'), 'id')) !== chat.chatId;
}

/** Telegram writes for anonymous admins and for channels as a bot of its own; the authors are people. */
function isBot(message: unknown): boolean {
  return (
    fieldOf(fieldOf(message, 'from'), 'is_bot') === true && fieldOf(message, 'sender_chat') === undefined
  );
}

/** Telegram copies a channel's posts into its discussion group: no person of the group writes them. */
const isChannelPost = (message: unknown): boolean => fieldOf(message, 'is_automatic_forward') === true;

function isPrivate(chat: ChatDescription): boolean {
  return chat.type === 'private';
}
