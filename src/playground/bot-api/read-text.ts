import { badRequest } from './bot-api-error.js';
import { cleanText, isEmptyText, type FormattedText } from './formatted-text.js';
import { readGivenEntities } from './given-entities.js';
import { parseHtml } from './html-text.js';
import { parseMarkdownV2 } from './markdown-text.js';
import type { Params } from './params.js';
import { readRichMessage, type RichMessage } from './rich-message.js';

/** UTF-16 units of a message's text, counted after entity parsing. */
export const MAX_TEXT_LENGTH = 4096;
const MAX_CAPTION_LENGTH = 1024;

/**
 * The text of a message with its formatting.
 * @throws BotApiError empty, too long, or its entities cannot be parsed
 */
export function readText(params: Params): FormattedText {
  const formatted = readOptionalText(params);
  if (isEmptyText(formatted.text)) throw badRequest('message text is empty');
  return formatted;
}

/** The content of a message: `text` or `rich_message`. @throws BotApiError */
export function readContent(params: Params): FormattedText & { readonly rich: object | null } {
  return shownAs(readRichMessage(params)) ?? { ...readText(params), rich: null };
}

/** A rich message for a page that shows texts only. */
function shownAs(message: RichMessage | null): (FormattedText & { readonly rich: object }) | null {
  return message && { ...message, entities: [] };
}

/** The same for a draft, whose text may be empty. */
export function readOptionalText(params: Params): FormattedText {
  const formatted = read(params, 'text', 'entities');
  if (formatted.text.length > MAX_TEXT_LENGTH) throw badRequest('message is too long');
  return formatted;
}

export function readCaption(params: Params): FormattedText {
  const formatted = read(params, 'caption', 'caption_entities');
  if (formatted.text.length > MAX_CAPTION_LENGTH) throw badRequest('message caption is too long');
  return formatted;
}

function read(params: Params, field: string, entitiesField: string): FormattedText {
  const source = params.text(field);
  const mode = params.text('parse_mode').toLowerCase();
  switch (mode) {
    case '':
    case 'none':
      return cleanText({ text: source, entities: readGivenEntities(params.json(entitiesField), source) });
    case 'html':
      return cleanText(parseHtml(source));
    case 'markdownv2':
      return cleanText(parseMarkdownV2(source));
    default:
      throw badRequest('unsupported parse_mode');
  }
}
