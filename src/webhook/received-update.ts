import { BadRequestException } from '@nestjs/common';

/** A webhook's body: parsed, and as the JSON text that is stored. */
export interface ReceivedUpdate {
  readonly payload: object;
  readonly text: string;
}

/**
 * Reads a Telegram update. Only `update_id` is demanded, so that kinds of updates that do not exist yet are taken too.
 * @param body the raw body
 * @throws BadRequestException naming what is wrong
 * @see https://core.telegram.org/bots/api#update
 */
export function readUpdate(body: unknown): ReceivedUpdate {
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
