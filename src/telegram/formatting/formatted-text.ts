import type { MessageEntity } from '@grammyjs/types';

/**
 * A text with its bold, linked or code parts: the `text` and `entities` of one `sendMessage`, sent without a
 * `parse_mode`, so that no character of the text can be misread as markup. Offsets and lengths count UTF-16 code units
 * (https://core.telegram.org/bots/api#messageentity).
 */
export interface FormattedText {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}
