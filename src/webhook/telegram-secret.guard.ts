import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { TelegramSettings } from '../config/telegram.settings.js';

const HEADER = 'x-telegram-bot-api-secret-token';

/**
 * Lets in who knows the secret that was given to `setWebhook`. Telegram sends the secret itself, there is no signature
 * of the body. The comparison takes the same time wherever they differ.
 * @see https://core.telegram.org/bots/api#setwebhook
 */
@Injectable()
export class TelegramSecretGuard implements CanActivate {
  private readonly expected: Buffer | null;

  constructor({ webhookSecret }: TelegramSettings) {
    this.expected = webhookSecret ? Buffer.from(webhookSecret) : null;
  }

  /** @throws UnauthorizedException; without a configured secret nobody is let in */
  canActivate(context: ExecutionContext): boolean {
    const header = context.switchToHttp().getRequest<FastifyRequest>().headers[HEADER];
    if (
      this.expected === null ||
      typeof header !== 'string' ||
      !isEqual(Buffer.from(header), this.expected)
    ) {
      throw new UnauthorizedException('wrong or missing secret token');
    }
    return true;
  }
}

/** One of another length is compared too, so that a guess of the right length is not told by its time. */
function isEqual(given: Buffer, expected: Buffer): boolean {
  const sameLength = given.length === expected.length;
  return timingSafeEqual(sameLength ? given : expected, expected) && sameLength;
}
