import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { TelegramSettings } from '../config/telegram.settings.js';

const HEADER = 'x-telegram-bot-api-secret-token';

/**
 * Lets in who knows the secret that was given to `setWebhook`, or the one before it, so that a secret can be changed
 * without refusing what is under way. Telegram sends the secret itself, there is no signature of the body. The
 * comparison takes the same time wherever they differ.
 * @see https://core.telegram.org/bots/api#setwebhook
 */
@Injectable()
export class TelegramSecretGuard implements CanActivate {
  private readonly accepted: readonly Buffer[];

  constructor({ webhookSecret, previousWebhookSecret }: TelegramSettings) {
    const secrets = webhookSecret ? [webhookSecret, previousWebhookSecret] : [];
    this.accepted = secrets.flatMap((secret) => (secret ? [Buffer.from(secret)] : []));
  }

  /** @throws UnauthorizedException; without a configured secret nobody is let in */
  canActivate(context: ExecutionContext): boolean {
    const header = context.switchToHttp().getRequest<FastifyRequest>().headers[HEADER];
    if (typeof header !== 'string' || !this.knows(Buffer.from(header))) {
      throw new UnauthorizedException('wrong or missing secret token');
    }
    return true;
  }

  /** All are compared, also behind one that fits. */
  private knows(given: Buffer): boolean {
    return this.accepted.filter((secret) => isEqual(given, secret)).length > 0;
  }
}

/** One of another length is compared too, so that a guess of the right length is not told by its time. */
function isEqual(given: Buffer, expected: Buffer): boolean {
  const sameLength = given.length === expected.length;
  return timingSafeEqual(sameLength ? given : expected, expected) && sameLength;
}
