import {
  ArrayUnique,
  IsArray,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  Matches,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';

const secret = /^[A-Za-z0-9_-]{1,256}$/;
const secretRule = '$property must be 1-256 characters of A-Za-z0-9_-';

/** Accepts numbers too: JSON files write ids so, and Telegram's are exact as such. */
function ChatIds(): PropertyDecorator {
  const isId = (value: unknown): boolean =>
    Number.isSafeInteger(value) || (typeof value === 'string' && /^-?\d{1,19}$/.test(value));
  return ValidateBy({
    name: 'chatIds',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isId),
      defaultMessage: () => '$property must be a list of whole numbers such as [123456789, -1001234567890]',
    },
  });
}

/** One bot in the file's form. */
export class BotEntry {
  @Matches(/^\d+:[\w-]+$/, {
    message: '$property must look like 123456:ABC-DEF (for example "${SUPPORT_BOT_TOKEN}", a variable)',
  })
  token = '';

  @IsOptional()
  @Matches(secret, { message: secretRule })
  webhookSecret?: string;

  /** Accepted besides `webhookSecret`, during a change of secret. */
  @IsOptional()
  @Matches(secret, { message: secretRule })
  webhookSecretPrevious?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  systemPrompt?: string;

  /** A file with the system prompt; wins over `systemPrompt`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  systemPromptFile?: string;

  /** In the form of OPENAI_MODEL. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  model?: string;

  /** In the form of CHAT_RATE_LIMIT. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  chatRateLimit?: number;

  /** In the form of TELEGRAM_ALLOWED_CHATS; an empty list: everyone. */
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @ChatIds()
  allowedChats?: (string | number)[];
}
