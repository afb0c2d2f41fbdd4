import { IsBoolean } from 'class-validator';
import { flag, FromEnv } from './variable.js';

export class StreamingSettings {
  @FromEnv('AGENT_STREAMING', {
    description:
      'show an answer while it is written, by editing one message; false: send it when it is whole',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  enabled = true;
}
