import { IsNotEmpty, IsOptional, IsString, IsUrl } from 'class-validator';
import { FromEnv, list } from './variable.js';

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
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: 'must be an http or https address' },
  )
  baseUrl?: string;

  @FromEnv('OPENAI_MODEL', { description: 'the model that answers', example: 'gpt-5.4-mini' })
  @IsNotEmpty()
  model = 'gpt-5.4-mini';

  @FromEnv('OPENAI_FALLBACK_MODELS', {
    description: 'comma-separated, tried in order when the model fails',
    example: 'gpt-5.4-nano,gpt-4.1-mini',
    parse: list,
  })
  @IsString({ each: true })
  fallbackModels: readonly string[] = [];
}
