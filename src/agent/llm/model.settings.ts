import {
  IsBoolean,
  IsIn,
  IsInstance,
  IsInt,
  IsNotEmpty,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';
import { HttpAddress, isBaseAddress } from '../../platform/config/http-address.js';
import { decimal, flag, FromEnv, integer, list, namedValues } from '../../platform/config/variable.js';

/** The efforts of OpenAI's reasoning models; a model may not support all of them. */
export const REASONING_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

export class ModelSettings {
  @FromEnv('OPENAI_API_KEY', {
    description: 'unset together with OPENAI_BASE_URL, outside production: a demo model answers',
    example: 'sk-...',
    secret: true,
  })
  @IsOptional()
  @IsNotEmpty()
  apiKey?: string;

  @FromEnv('OPENAI_BASE_URL', {
    description: 'any OpenAI-compatible API (Ollama, vLLM, llama.cpp, ...): POST <base>/chat/completions',
    example: 'http://localhost:11434/v1',
  })
  @IsOptional()
  @HttpAddress()
  baseUrl?: string;

  @FromEnv('OPENAI_MODEL', {
    description: 'the model that answers; provider=model for one of OPENAI_PROVIDERS',
    example: 'gpt-5.4-mini',
  })
  @IsNotEmpty()
  model = 'gpt-5.4-mini';

  /** The models of bots with their own, by channel, in the form of OPENAI_MODEL. */
  modelsOfBots: ReadonlyMap<string, string> = new Map();

  @FromEnv('OPENAI_FALLBACK_MODELS', {
    description:
      'comma-separated, tried in order when the model fails; provider=model for one of OPENAI_PROVIDERS',
    example: 'gpt-5.4-nano,groq=openai/gpt-oss-120b',
    parse: list,
  })
  @IsString({ each: true })
  fallbackModels: readonly string[] = [];

  @FromEnv('OPENAI_CHECK_MODEL', {
    description:
      'the model that checks answers, in conversations that want it; unset: the one that answers. Written like OPENAI_MODEL',
    example: 'gpt-5.4-nano',
  })
  @IsOptional()
  @IsNotEmpty()
  checkModel?: string;

  @FromEnv('OPENAI_PROVIDERS', {
    description: 'further OpenAI-compatible APIs, comma-separated: name=address',
    example: 'groq=https://api.groq.com/openai/v1,local=http://localhost:11434/v1',
    parse: namedValues(isBaseAddress),
  })
  @IsInstance(Map, {
    message:
      'must be name=address, comma-separated, names of a-z 0-9 - only, addresses without a user name, a password, ? or #',
  })
  providers: ReadonlyMap<string, string> = new Map();

  @FromEnv('OPENAI_PROVIDER_KEYS', {
    description: 'their keys, comma-separated: name=key; one that needs none is left out',
    example: 'groq=gsk_...',
    parse: namedValues((key) => key !== ''),
    secret: true,
  })
  @IsInstance(Map, { message: 'must be name=key, comma-separated, names of a-z 0-9 - only' })
  providerKeys: ReadonlyMap<string, string> = new Map();

  @FromEnv('OPENAI_TIMEOUT_MS', {
    description: 'how long a model is waited for while there is another one to ask, in milliseconds',
    example: '60000',
    parse: integer,
  })
  @IsInt()
  @Min(100)
  @Max(3_600_000)
  timeoutMs = 60_000;

  @FromEnv('OPENAI_REASONING_EFFORT', {
    description: `how much a reasoning model thinks: ${REASONING_EFFORTS.join(', ')}; unset: as the model does by itself`,
    example: 'low',
  })
  @IsOptional()
  @IsIn(REASONING_EFFORTS)
  reasoningEffort?: (typeof REASONING_EFFORTS)[number];

  @FromEnv('OPENAI_MAX_OUTPUT_TOKENS', {
    description: 'tokens of one model call’s answer, its reasoning included; unset: the model’s own limit',
    example: '4000',
    parse: integer,
  })
  @IsOptional()
  @IsInt()
  @Min(16)
  @Max(1_000_000)
  maxOutputTokens?: number;

  @FromEnv('OPENAI_TEMPERATURE', {
    description:
      '0 to 2; not sent to OpenAI’s reasoning models, which refuse it; unset: as the model does by itself',
    example: '0.7',
    parse: decimal,
  })
  @IsOptional()
  @IsNumber()
  @Min(0)
  @Max(2)
  temperature?: number;

  @FromEnv('OPENAI_SEND_END_USER', {
    description: 'requests name the user by a keyed hash; false for a server that refuses the field',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  sendEndUser = true;

  @FromEnv('OPENAI_VISION', {
    description: 'photos are shown to the model; false for a model that sees none',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  vision = true;

  /** A conversation's own model, or its bot's; null: OPENAI_MODEL. */
  ownModelOf({ model, channel }: { readonly model: string | null; readonly channel: string }): string | null {
    return model ?? this.modelsOfBots.get(channel) ?? null;
  }
}

/** The models that any conversation may ask, as the settings write them: not its own one. */
export function askedModels({ model, fallbackModels, checkModel = model }: ModelSettings): string[] {
  return [model, ...fallbackModels, checkModel];
}
