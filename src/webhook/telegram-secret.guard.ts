import { timingSafeEqual } from 'node:crypto';
import { Injectable, NotFoundException, UnauthorizedException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { TelegramSettings } from '../config/telegram.settings.js';
import { Gate } from '../http/gate.js';
import { Gates } from '../http/gates.js';
import { channelOf } from './channel-of-request.js';

const HEADER = 'x-telegram-bot-api-secret-token';

/**
 * Lets in who knows the secret that was given to the bot's `setWebhook`, or the one before it, so that a secret can be
 * changed without refusing what is under way. Telegram sends the secret itself, there is no signature of the body. The
 * comparison takes the same time wherever they differ. It comes before the body is read: a stranger's is not.
 * @see https://core.telegram.org/bots/api#setwebhook
 */
@Injectable()
export class TelegramSecretGuard extends Gate {
  readonly path = '/webhook/telegram';
  /** Of each bot, by its channel. */
  private readonly accepted: ReadonlyMap<string, readonly Buffer[]>;

  constructor(settings: TelegramSettings, gates: Gates) {
    super();
    this.accepted = new Map(settings.ofAll().map((bot) => [bot.channel, secretsOf(bot)]));
    gates.add(this);
  }

  /** @throws NotFoundException where there is no such bot; UnauthorizedException; without a secret nobody is let in */
  admit(request: Pick<FastifyRequest, 'headers' | 'params'>): void {
    const accepted = this.accepted.get(channelOf(request));
    if (!accepted) throw new NotFoundException('there is no such bot');
    const header = request.headers[HEADER];
    if (typeof header !== 'string' || !isOneOf(accepted, Buffer.from(header))) {
      throw new UnauthorizedException('wrong or missing secret token');
    }
  }
}

function secretsOf({ webhookSecret, previousWebhookSecret }: TelegramSettings): readonly Buffer[] {
  const secrets = webhookSecret ? [webhookSecret, previousWebhookSecret] : [];
  return secrets.flatMap((secret) => (secret ? [Buffer.from(secret)] : []));
}

/** All are compared, also behind one that fits. */
function isOneOf(accepted: readonly Buffer[], given: Buffer): boolean {
  return accepted.filter((secret) => isEqual(given, secret)).length > 0;
}

/** One of another length is compared too, so that a guess of the right length is not told by its time. */
function isEqual(given: Buffer, expected: Buffer): boolean {
  const sameLength = given.length === expected.length;
  return timingSafeEqual(sameLength ? given : expected, expected) && sameLength;
}
