import type { MessageEntity } from '@grammyjs/types';
import type { ReplyBody } from '../channel/channel.js';
import type { FormattedText } from './formatting/formatted-text.js';
import { fieldOf, integerOf } from './update-fields.js';

/** How a message of this channel is kept in the outbox. */
export function writeBody({ text, entities }: FormattedText): ReplyBody {
  return { text, entities };
}

/** The message again; null for a body that this channel did not write. */
export function readBody(body: ReplyBody): FormattedText | null {
  const { text, entities } = body;
  return typeof text === 'string' && isEntities(entities) ? { text, entities } : null;
}

function isEntities(value: unknown): value is readonly MessageEntity[] {
  return Array.isArray(value) && value.every(isEntity);
}

function isEntity(value: unknown): boolean {
  const placed = integerOf(value, 'offset') !== null && integerOf(value, 'length') !== null;
  return placed && typeof fieldOf(value, 'type') === 'string';
}
