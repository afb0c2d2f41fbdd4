import {
  applyDecorators,
  Controller,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags, ApiUnauthorizedResponse } from '@nestjs/swagger';
import { AdminThrottlerGuard } from '../throttling/admin-throttler.guard.js';
import { AdminActs } from './admin-acts.interceptor.js';
import { AdminKeyGuard } from './access/admin-key.guard.js';

/** A controller under `/admin/<path>`: key needed, unknown fields refused, changes and downloads logged, listed in the API's description. */
export function AdminApi(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`admin/${path}`),
    UseGuards(AdminThrottlerGuard, AdminKeyGuard),
    UseInterceptors(AdminActs),
    UsePipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true })),
    ApiTags(path),
    ApiBearerAuth(),
    ApiUnauthorizedResponse({ description: 'The admin key is missing or wrong' }),
  );
}
