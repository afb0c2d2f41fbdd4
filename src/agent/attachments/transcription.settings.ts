import { IsInt, IsNotEmpty, IsOptional, Max, Min } from 'class-validator';
import { HttpAddress } from '../../platform/config/http-address.js';
import { FromEnv, integer } from '../../platform/config/variable.js';

/** The model that transcribes voice messages. */
export class TranscriptionSettings {
  @FromEnv('OPENAI_TRANSCRIPTION_MODEL', {
    description: 'hears voice, audio and video messages: POST <base>/audio/transcriptions; off: nobody does',
    example: 'whisper-1',
  })
  @IsNotEmpty()
  model = 'gpt-4o-mini-transcribe';

  @FromEnv('OPENAI_TRANSCRIPTION_BASE_URL', {
    description: 'any OpenAI-compatible API for transcriptions; unset: OPENAI_BASE_URL with its key',
    example: 'http://localhost:8000/v1',
  })
  @IsOptional()
  @HttpAddress()
  baseUrl?: string;

  @FromEnv('OPENAI_TRANSCRIPTION_API_KEY', {
    description: 'the key for transcriptions; unset: OPENAI_API_KEY, where the address is the same',
    example: 'sk-...',
    secret: true,
  })
  @IsOptional()
  @IsNotEmpty()
  apiKey?: string;

  @FromEnv('TRANSCRIPTION_MAX_SECONDS', {
    description: 'length of a recording that is still transcribed, in seconds',
    example: '1200',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(14_400)
  maxSeconds = 1_200;

  get isOn(): boolean {
    return this.model !== 'off';
  }
}
