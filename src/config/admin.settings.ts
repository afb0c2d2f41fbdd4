import { IsOptional, MinLength } from 'class-validator';
import { FromEnv } from './variable.js';

export class AdminSettings {
  @FromEnv('ADMIN_API_KEY', {
    description:
      'Authorization: Bearer <key> on everything under /admin; outside production one is generated and printed',
    example: 'at-least-16-random-characters',
    secret: true,
  })
  @IsOptional()
  @MinLength(16, { message: 'must be at least 16 characters' })
  apiKey?: string;
}
