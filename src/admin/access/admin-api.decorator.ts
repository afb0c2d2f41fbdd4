import {
  applyDecorators,
  Controller,
  StandardSchemaValidationPipe,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
} from '@nestjs/common';
import { ApiBearerAuth, ApiTags, ApiUnauthorizedResponse } from '../../platform/openapi/api-docs.js';
import { AdminThrottlerGuard } from '../../platform/throttling/admin-throttler.guard.js';
import { AdminActs } from './admin-acts.interceptor.js';
import { AdminKeyGuard } from './admin-key.guard.js';

/**
 * A controller under `/admin/<path>`: requires the key, refuses unknown fields, logs changes and downloads, and appears
 * in the API's description. A body is a class with class-validator decorators, or has a Standard Schema:
 * `@Body({ schema })`.
 */
export function AdminApi(path: string): ClassDecorator {
  return applyDecorators(
    Controller(`admin/${path}`),
    UseGuards(AdminThrottlerGuard, AdminKeyGuard),
    UseInterceptors(AdminActs),
    UsePipes(
      new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
      new StandardSchemaValidationPipe(),
    ),
    ApiTags(path),
    ApiBearerAuth(),
    ApiUnauthorizedResponse({ description: 'The admin key is missing or wrong' }),
  );
}
