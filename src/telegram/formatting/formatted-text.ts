import type { MessageEntity } from '@grammyjs/types';

/**
 * A text and what is bold, linked or code in it: the `text` and `entities` of one `sendMessage`, sent without a
 * `parse_mode`, so that no character of the text can be misread as markup.
 * Offsets and lengths count UTF-16 code units (https://core.telegram.org/bots/api#messageentity).
 */
export interface FormattedText {
  readonly text: string;
  readonly entities: readonly MessageEntity[];
}
