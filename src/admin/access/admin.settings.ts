import { IsOptional, MinLength } from 'class-validator';
import { MIN_SECRET_LENGTH } from '../../platform/config/guessable.js';
import { FromEnv } from '../../platform/config/variable.js';

export class AdminSettings {
  @FromEnv('ADMIN_API_KEY', {
    description:
      'Authorization: Bearer <key> on everything under /admin; outside production one is generated and printed',
    example: 'at-least-16-random-characters',
    secret: true,
    opensDoor: true,
  })
  @IsOptional()
  @MinLength(MIN_SECRET_LENGTH, { message: `must be at least ${MIN_SECRET_LENGTH} characters` })
  apiKey?: string;
}
