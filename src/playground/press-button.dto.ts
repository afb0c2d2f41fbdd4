import { IsInt, IsString, Length, Max, Min } from 'class-validator';
import { MAX_CHAT_ID } from './send-message.dto.js';

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
