import { hash, timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { TelegramSettings } from '../config/telegram.settings.js';

const HEADER = 'x-telegram-bot-api-secret-token';

/**
 * Lets in who knows the secret that was given to `setWebhook`. Telegram sends the secret itself, there is no signature
 * of the body. Both sides are hashed first, so that the comparison takes the same time whatever their lengths.
 * @see https://core.telegram.org/bots/api#setwebhook
 */
@Injectable()
export class TelegramSecretGuard implements CanActivate {
  private readonly expected: Buffer | null;

  constructor(settings: TelegramSettings) {
    this.expected = settings.webhookSecret ? digest(settings.webhookSecret) : null;
  }

  /** @throws UnauthorizedException; without a configured secret nobody is let in */
  canActivate(context: ExecutionContext): boolean {
    const given = context.switchToHttp().getRequest<FastifyRequest>().headers[HEADER];
    const allowed = this.expected !== null && timingSafeEqual(digest(String(given ?? '')), this.expected);
    if (!allowed) throw new UnauthorizedException('wrong or missing secret token');
    return true;
  }
}

const digest = (secret: string): Buffer => hash('sha256', secret, 'buffer');
