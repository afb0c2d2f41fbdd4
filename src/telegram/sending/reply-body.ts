import type { InputRichMessage, MessageEntity } from '@grammyjs/types';
import type { Choice } from '../../channel/capabilities.js';
import type { ReplyBody } from '../../channel/channel.js';
import type { FormattedText } from '../formatting/formatted-text.js';
import type { TwoForms } from '../rich/compose-rich.js';
import { fieldOf, integerOf } from '../bot-api/update-fields.js';

/** A message as it goes to Telegram. */
export interface TelegramMessage extends TwoForms {
  /** Buttons, side by side. */
  readonly choices: readonly Choice[];
  /** The message it replies to, used when it is sent and not when it is edited; null: none. */
  readonly replyTo: number | null;
}

/** The form of this channel's messages in the outbox. */
export function writeBody(
  { text, entities, rich = null }: FormattedText & Partial<TwoForms>,
  choices: readonly Choice[] = [],
): ReplyBody {
  return { text, entities, ...(choices.length > 0 && { choices }), ...(rich && { rich }) };
}

/** Reads the message back; null for a body that this channel did not write. */
export function readBody(body: ReplyBody): TelegramMessage | null {
  const { text, entities, choices = [], rich } = body;
  if (typeof text !== 'string' || !isEntities(entities) || !isChoices(choices)) return null;
  return { text, entities, choices, rich: isRich(rich) ? rich : null, replyTo: integerOf(body, 'replyTo') };
}

function isRich(value: unknown): value is InputRichMessage<never> {
  return Array.isArray(fieldOf(value, 'blocks'));
}

function isChoices(value: unknown): value is readonly Choice[] {
  const isText = (choice: unknown, name: string) => typeof fieldOf(choice, name) === 'string';
  return Array.isArray(value) && value.every((choice) => isText(choice, 'label') && isText(choice, 'data'));
}

function isEntities(value: unknown): value is readonly MessageEntity[] {
  return Array.isArray(value) && value.every(isEntity);
}

function isEntity(value: unknown): boolean {
  const placed = integerOf(value, 'offset') !== null && integerOf(value, 'length') !== null;
  return placed && typeof fieldOf(value, 'type') === 'string';
}

/** The text of the message. */
export function messageText({ text, entities }: TelegramMessage) {
  return { text, ...(entities.length > 0 && { entities: [...entities] }) };
}

/** https://core.telegram.org/bots/api#inlinekeyboardmarkup */
export function buttonsOf({ choices }: TelegramMessage) {
  const buttons = choices.map(({ label, data }) => ({ text: label, callback_data: data }));
  return buttons.length > 0 ? { reply_markup: { inline_keyboard: [buttons] } } : {};
}

/** https://core.telegram.org/bots/api#replyparameters; sent all the same if that message is gone. */
export function replyOf({ replyTo }: TelegramMessage) {
  if (replyTo === null) return {};
  return { reply_parameters: { message_id: replyTo, allow_sending_without_reply: true } };
}

/** For a body that this channel did not write. */
export const unreadable = {
  kind: 'refused',
  code: 'BODY_UNREADABLE',
  error: 'not a message of this channel',
} as const;
