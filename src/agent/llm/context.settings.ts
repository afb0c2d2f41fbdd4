import { IsInt, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../../platform/config/variable.js';

/** How much the model is shown. */
export class ContextSettings {
  @FromEnv('AGENT_CONTEXT_TOKENS', {
    description: 'tokens that history, summary and facts may take',
    example: '16000',
    parse: integer,
  })
  @IsInt()
  @Min(200)
  @Max(2_000_000)
  contextTokens = 16_000;
}
