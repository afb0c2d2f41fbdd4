import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { readUpdate, type ReceivedUpdate } from './received-update.js';

/**
 * The raw body as an update, read after the guards: strangers cause no parsing. Not a pipe, which would make every
 * request wait for promises that have nothing to wait for.
 * @throws BadRequestException naming what is wrong
 */
export const UpdateBody = createParamDecorator((_data: unknown, context: ExecutionContext): ReceivedUpdate =>
  readUpdate(context.switchToHttp().getRequest<FastifyRequest>().body),
);
