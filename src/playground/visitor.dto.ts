import { IsInt, IsString, Length, Matches, Max, Min } from 'class-validator';
import { MAX_TEXT_LENGTH } from './bot-api/read-text.js';

/** The largest user id that Telegram hands out fits in 52 bits: https://core.telegram.org/bots/api#user */
const MAX_CHAT_ID = 2 ** 52 - 1;

/** A message of a visitor of the playground. */
export class SendMessageDto {
  /** The id of a private chat; a new number begins a new chat. */
  @IsInt()
  @Min(1)
  @Max(MAX_CHAT_ID)
  chatId: number;

  @IsString()
  @Length(1, MAX_TEXT_LENGTH)
  @Matches(/\S/, { message: 'text must hold more than white space' })
  text: string;
}

/** A button that a visitor of the playground presses. */
export class PressButtonDto {
  @IsInt()
  @Min(1)
  @Max(MAX_CHAT_ID)
  chatId: number;

  /** The message that shows the button. */
  @IsInt()
  @Min(1)
  @Max(Number.MAX_SAFE_INTEGER)
  messageId: number;

  /** The button's `callback_data`: https://core.telegram.org/bots/api#inlinekeyboardbutton */
  @IsString()
  @Length(1, 64)
  data: string;
}
