import { badRequest, type BotApiError } from './bot-api-error.js';
import { checkNesting } from './entity-nesting.js';
import { byteOffset, type Entity } from './formatted-text.js';
import { linkProblem } from './links.js';
import { asRecord } from './params.js';

const GIVEN_TYPES = new Set(
  'bold italic underline strikethrough spoiler code pre text_link text_mention blockquote expandable_blockquote custom_emoji date_time'.split(
    ' ',
  ),
);
/** Kinds that Telegram finds by itself; given by a bot, they are ignored. */
const FOUND_TYPES = new Set(
  'mention hashtag cashtag bot_command url email phone_number bank_card_number'.split(' '),
);

/**
 * Reads entities that a bot gave beside its text. Wrong ones are refused, each in Telegram's words.
 * Source: telegram-bot-api, Client.cpp, get_text_entity; TDLib, MessageEntity.cpp, fix_formatted_text
 * @throws BotApiError
 */
export function readGivenEntities(given: unknown, text: string): Entity[] {
  if (given === undefined || given === '') return [];
  if (!Array.isArray(given)) throw badRequest("can't parse entities JSON object");
  const entities = given.flatMap((value: unknown) => {
    const entity = readEntity(value);
    if (!entity) return [];
    checkPlace(entity, text);
    return entity.length === 0 ? [] : [entity];
  });
  checkNesting(entities);
  return entities;
}

function readEntity(value: unknown): Entity | null {
  const record = asRecord(value);
  if (!record) throw refuse('expected an Object');
  const { type, offset, length, url, language } = record;
  for (const [name, number] of Object.entries({ offset, length })) {
    if (number === undefined) throw refuse(`Can't find field "${name}"`);
    if (!Number.isSafeInteger(number)) throw refuse(`Field "${name}" must be of type Number`);
  }
  if (type === undefined) throw refuse('Can\'t find field "type"');
  if (typeof type !== 'string') throw refuse('Field "type" must be of type String');
  if (FOUND_TYPES.has(type)) return null;
  if (!GIVEN_TYPES.has(type)) throw refuse('Unsupported type specified');
  if (type === 'text_link') {
    if (typeof url !== 'string') throw refuse('Can\'t find field "url"');
    const problem = linkProblem(url);
    if (problem) throw badRequest(`Entity URL '${url}' is invalid: ${problem}`);
  }
  return {
    type,
    offset: Number(offset),
    length: Number(length),
    ...(type === 'text_link' ? { url: String(url) } : {}),
    ...(type === 'pre' && typeof language === 'string' ? { language } : {}),
  };
}

function checkPlace({ offset, length }: Entity, text: string): void {
  if (offset < 0) throw badRequest(`Receive an entity with incorrect offset ${offset}`);
  if (length < 0) throw badRequest(`Receive an entity with incorrect length ${length}`);
  const end = offset + length;
  if (offset > text.length) {
    throw badRequest(`Entity begins after the end of the text at UTF-16 offset ${offset}`);
  }
  if (splitsCharacter(text, offset)) {
    throw badRequest(
      `Entity begins in a middle of a UTF-16 symbol at byte offset ${byteOffset(text, offset + 1)}`,
    );
  }
  if (end > text.length) {
    throw badRequest(
      `Entity beginning at UTF-16 offset ${offset} ends after the end of the text at UTF-16 offset ${end}`,
    );
  }
  if (splitsCharacter(text, end)) {
    throw badRequest(
      `Entity beginning at UTF-16 offset ${offset} ends in a middle of a UTF-16 symbol at byte offset ${byteOffset(text, end + 1)}`,
    );
  }
}

function splitsCharacter(text: string, offset: number): boolean {
  const unit = text.charCodeAt(offset);
  return offset > 0 && unit >= 0xdc00 && unit <= 0xdfff;
}

function refuse(reason: string): BotApiError {
  return badRequest(`can't parse MessageEntity: ${reason}`);
}
