import { timingSafeEqual } from 'node:crypto';
import { Injectable, NotFoundException, UnauthorizedException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type ConfiguredBot, ConfiguredBots } from '../channel/configured-bots.js';
import { Gate } from '../platform/http/gate.js';
import { Gates } from '../platform/http/gates.js';
import { channelOf } from './channel-of-request.js';

const HEADER = 'x-telegram-bot-api-secret-token';

/**
 * Accepts requests with the secret that was given to the bot's `setWebhook`, or the one before it, so that a change of
 * secret refuses no request under way. Telegram sends the secret itself; the body has no signature. The comparison
 * takes the same time wherever the values differ. It runs before the body is read.
 * @see https://core.telegram.org/bots/api#setwebhook
 */
@Injectable()
export class TelegramSecretGuard extends Gate {
  readonly path = '/webhook/telegram';
  /** The secrets of each bot, by its channel. */
  private readonly accepted: ReadonlyMap<string, readonly Buffer[]>;

  constructor(bots: ConfiguredBots, gates: Gates) {
    super();
    this.accepted = new Map(bots.ofAll().map((bot) => [bot.channel, secretsOf(bot)]));
    gates.add(this);
  }

  /**
   * @throws NotFoundException if there is no such bot; UnauthorizedException otherwise; without a secret every request
   * is refused
   */
  admit(request: Pick<FastifyRequest, 'headers' | 'params'>): void {
    const accepted = this.accepted.get(channelOf(request));
    if (!accepted) throw new NotFoundException('there is no such bot');
    const header = request.headers[HEADER];
    if (typeof header !== 'string' || !isOneOf(accepted, Buffer.from(header))) {
      throw new UnauthorizedException('wrong or missing secret token');
    }
  }
}

function secretsOf({ webhookSecret, previousWebhookSecret }: ConfiguredBot): readonly Buffer[] {
  const secrets = webhookSecret ? [webhookSecret, previousWebhookSecret] : [];
  return secrets.flatMap((secret) => (secret ? [Buffer.from(secret)] : []));
}

/** Compares with all of them, even after a match. */
function isOneOf(accepted: readonly Buffer[], given: Buffer): boolean {
  return accepted.filter((secret) => isEqual(given, secret)).length > 0;
}

/** A value of another length is compared too, so that the time does not reveal the right length. */
function isEqual(given: Buffer, expected: Buffer): boolean {
  const sameLength = given.length === expected.length;
  return timingSafeEqual(sameLength ? given : expected, expected) && sameLength;
}
