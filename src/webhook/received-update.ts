import { BadRequestException, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** A webhook's body: parsed, and as the JSON text that is stored. */
export interface ReceivedUpdate {
  readonly payload: object;
  readonly text: string;
}

/**
 * Reads a Telegram update. Requires only `update_id`, so that future kinds of updates are accepted too.
 * @param body the raw body
 * @throws BadRequestException naming the fault
 * @see https://core.telegram.org/bots/api#update
 */
export function readRequestBody(body: unknown): ReceivedUpdate {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  const payload = parse(text);
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new BadRequestException('the body must be a JSON object');
  }
  const updateId: unknown = 'update_id' in payload ? payload.update_id : undefined;
  if (!Number.isSafeInteger(updateId)) throw new BadRequestException('update_id must be an integer');
  return { payload, text };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadRequestException('the body is not JSON');
  }
}

/**
 * The raw body as an update, parsed after the guards, so that strangers cause no parsing. Not a pipe, which would add
 * needless promises to every request.
 * @throws BadRequestException naming the fault
 */
export const UpdateBody = createParamDecorator((_data: unknown, context: ExecutionContext): ReceivedUpdate =>
  readRequestBody(context.switchToHttp().getRequest<FastifyRequest>().body),
);
