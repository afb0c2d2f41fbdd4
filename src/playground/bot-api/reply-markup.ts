import { badRequest } from './bot-api-error.js';
import { asRecord, type Params } from './params.js';

/** https://core.telegram.org/bots/api#inlinekeyboardbutton: 1-64 bytes. */
const MAX_CALLBACK_BYTES = 64;
const ACTIONS =
  'url callback_data web_app login_url switch_inline_query switch_inline_query_current_chat switch_inline_query_chosen_chat copy_text callback_game pay'.split(
    ' ',
  );

/** Any keyboard; only an inline one is checked. */
export function readReplyMarkup(params: Params): unknown {
  const given = params.json('reply_markup');
  if (given === undefined) return undefined;
  const markup = asRecord(given);
  if (!markup) throw badRequest('object expected as reply markup');
  if ('inline_keyboard' in markup) checkInlineKeyboard(markup['inline_keyboard']);
  return Object.keys(markup).length === 0 ? undefined : markup;
}

/** The only keyboard an edit can carry. */
export function readInlineMarkup(params: Params): unknown {
  const markup = readReplyMarkup(params);
  if (markup !== undefined && !('inline_keyboard' in (asRecord(markup) ?? {}))) {
    throw badRequest('inline keyboard expected');
  }
  return markup;
}

function checkInlineKeyboard(rows: unknown): void {
  if (!Array.isArray(rows))
    throw badRequest('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array');
  for (const row of rows) {
    if (!Array.isArray(row)) throw badRequest("can't parse inline keyboard: expected an Array of Arrays");
    for (const button of row) checkButton(asRecord(button));
  }
}

function checkButton(button: Readonly<Record<string, unknown>> | null): void {
  if (!button) throw badRequest("can't parse inline keyboard button: expected an Object");
  if (typeof button['text'] !== 'string' || button['text'] === '') {
    throw badRequest('can\'t parse inline keyboard button: Can\'t find field "text"');
  }
  if (!ACTIONS.some((action) => action in button)) {
    throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  }
  const data = button['callback_data'];
  if (data === undefined) return;
  const bytes = typeof data === 'string' ? Buffer.byteLength(data) : 0;
  if (bytes < 1 || bytes > MAX_CALLBACK_BYTES) throw badRequest('BUTTON_DATA_INVALID');
}
