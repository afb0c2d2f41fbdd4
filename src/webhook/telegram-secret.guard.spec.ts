import { NotFoundException, UnauthorizedException } from '@nestjs/common';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TelegramSettings } from '../telegram/settings/telegram.settings.js';
import { Gates } from '../platform/http/gates.js';
import { TelegramSecretGuard } from './telegram-secret.guard.js';

const secret = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);

const guardOf = (settings: Partial<TelegramSettings>) =>
  new TelegramSecretGuard(Object.assign(new TelegramSettings(), settings), new Gates());
const ask = (guard: TelegramSecretGuard, header?: string | string[], bot?: string) =>
  guard.admit({
    headers: { 'x-telegram-bot-api-secret-token': header },
    params: bot === undefined ? {} : { bot },
  });

describe('TelegramSecretGuard', () => {
  it('accepts the present secret and the one before it', () => {
    fc.assert(
      fc.property(secret, secret, (webhookSecret, previousWebhookSecret) => {
        const guard = guardOf({ webhookSecret, previousWebhookSecret });
        expect(() => ask(guard, webhookSecret)).not.toThrow();
        expect(() => ask(guard, previousWebhookSecret)).not.toThrow();
      }),
    );
  });

  it('refuses a header that differs anywhere', () => {
    const guard = guardOf({ webhookSecret: 'right-secret', previousWebhookSecret: 'older-secret' });
    const wrong = [
      '',
      'r',
      'right-secre',
      'right-secret_',
      'wrong-secret',
      'right-secreT',
      'RIGHT-SECRET',
      'older',
    ];
    for (const header of [...wrong, undefined, ['right-secret', 'right-secret']])
      expect(() => ask(guard, header), String(header)).toThrow(UnauthorizedException);
  });

  it('refuses every request where no secret is set', () => {
    const guard = guardOf({ previousWebhookSecret: 'older-secret' });
    for (const header of ['', 'older-secret', undefined])
      expect(() => ask(guard, header), String(header)).toThrow(UnauthorizedException);
  });

  it('refuses the secret of another bot', () => {
    const nothingElse = { previousWebhookSecret: null, systemPrompt: null, model: null };
    const second = { name: 'second', token: '2:b', webhookSecret: 'second-secret', ...nothingElse };
    const guard = guardOf({
      webhookSecret: 'first-secret',
      bots: [{ ...second, chatRateLimit: null, allowedChats: null }],
    });
    expect(() => ask(guard, 'second-secret', 'second')).not.toThrow();
    expect(() => ask(guard, 'first-secret', 'second')).toThrow(UnauthorizedException);
    expect(() => ask(guard, 'second-secret')).toThrow(UnauthorizedException);
    expect(() => ask(guard, 'first-secret', 'third')).toThrow(NotFoundException);
  });
});
