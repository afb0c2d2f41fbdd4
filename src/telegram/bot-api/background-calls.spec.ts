import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { Random } from '../../platform/runtime/random.js';
import { BotApi } from './bot-api.js';
import { BotIdentity } from './bot-identity.js';
import { Pauses } from './pauses.js';
import { Polling } from '../receiving/polling.js';
import { UpdateSink } from '../../channel/update-sink.js';
import { WebhookRegistration } from '../receiving/webhook-registration.js';

/** Pauses that end at once, and are recorded. */
class NoPauses extends Pauses {
  readonly waited: number[] = [];

  constructor() {
    super(new Random());
  }

  override async wait(ms: number): Promise<void> {
    this.waited.push(ms);
    await new Promise(setImmediate);
  }
}

class Batches extends UpdateSink {
  readonly taken: (readonly unknown[])[] = [];
  failing = 0;

  override async accept(_channel: string, updates: readonly unknown[]): Promise<void> {
    if (this.failing-- > 0) throw new Error('the database is away');
    this.taken.push(updates);
  }
}

/** Accepts a batch and holds it until released. */
class HeldBatch extends UpdateSink {
  begun = false;
  private readonly held = new AbortController();

  override async accept(): Promise<void> {
    this.begun = true;
    await once(this.held.signal, 'abort');
  }

  finish(): void {
    this.held.abort();
  }
}

let telegram: TelegramDouble;
let stop: AbortController;
let pauses: NoPauses;

beforeEach(async () => {
  telegram = await TelegramDouble.start();
  stop = new AbortController();
  pauses = new NoPauses();
});
afterEach(async () => {
  stop.abort();
  await telegram.close();
});

function settings(overrides: Partial<TelegramSettings> = {}): TelegramSettings {
  return Object.assign(
    new TelegramSettings(),
    { botToken: telegram.token, apiRoot: telegram.root },
    overrides,
  );
}

describe('WebhookRegistration', () => {
  const publicUrl = 'https://bot.example.org/';
  const registration = () => {
    const own = settings({ publicUrl, webhookSecret: 'a_secret' });
    return new WebhookRegistration(own, new BotApi(own), pauses);
  };

  it('sends Telegram the address, the secret and the kinds it uses, and drops no update', async () => {
    telegram.push(textUpdate(newChatId(), 'waiting'));
    await registration().keepTrying(stop.signal);
    expect(telegram.webhook).toMatchObject({
      url: 'https://bot.example.org/webhook/telegram',
      secret_token: 'a_secret',
      allowed_updates: expect.arrayContaining(['message', 'callback_query', 'message_reaction']),
      drop_pending_updates: false,
    });
  });

  it('repeats until it succeeds, ever slower, and no sooner than Telegram asks', async () => {
    telegram.failNext({ method: 'setWebhook', with: failures.resetBefore, times: 2 });
    telegram.failNext({ method: 'setWebhook', with: failures.limited(30) });
    await registration().keepTrying(stop.signal);
    expect(telegram.webhook.url).toContain('/webhook/telegram');
    const [first = 0, second = 0, third = 0] = pauses.waited;
    expect(first).toBeGreaterThanOrEqual(250);
    expect(second).toBeGreaterThanOrEqual(500);
    expect(third).toBe(30_000);
  });
});

describe('BotIdentity', () => {
  it('asks until it knows the name', async () => {
    telegram.failNext({ method: 'getMe', with: failures.serverError, times: 3 });
    const identity = new BotIdentity(new BotApi(settings()), pauses);
    expect(identity.known).toBeNull();
    await identity.learn(stop.signal);
    expect(identity.known).toEqual({ id: telegram.bot.id, username: telegram.bot.username });
  });

  it('ends with the process, answered or not', async () => {
    telegram.failNext({ method: 'getMe', with: failures.hangBefore });
    const identity = new BotIdentity(new BotApi(settings()), pauses);
    const learning = identity.learn(stop.signal);
    await eventually(() => expect(telegram.callsOf('getMe')).toHaveLength(1));
    stop.abort();
    await learning;
    expect(identity.known).toBeNull();
  });
});

const start = (sink: UpdateSink) =>
  new Polling('telegram', new BotApi(settings()), sink, pauses).run(stop.signal);

describe('Polling', () => {
  it('fetches every update once, in order, as they come', async () => {
    const sink = new Batches();
    const updates = Array.from({ length: 250 }, (_, n) => textUpdate(newChatId(), `n${n}`));
    telegram.push(...updates.slice(0, 240));
    const running = start(sink);
    await eventually(() => expect(sink.taken.flat()).toHaveLength(240));
    telegram.push(...updates.slice(240));
    await eventually(() => expect(sink.taken.flat()).toHaveLength(250));
    expect(sink.taken.flat()).toEqual(updates);
    stop.abort();
    await running;
  });

  it('clears a webhook first, without dropping waiting updates', async () => {
    const own = settings({ publicUrl: 'https://bot.example.org' });
    await new WebhookRegistration(own, new BotApi(own), pauses).keepTrying(stop.signal);
    telegram.push(textUpdate(newChatId(), 'waiting'));
    const sink = new Batches();
    const running = start(sink);
    await eventually(() => expect(sink.taken).toHaveLength(1));
    stop.abort();
    await running;
  });

  it('confirms a batch only after it was made durable', async () => {
    const sink = new Batches();
    sink.failing = 2;
    const update = textUpdate(newChatId(), 'precious');
    telegram.push(update);
    const running = start(sink);
    await eventually(() => expect(sink.taken).toHaveLength(1));
    await eventually(() => expect(telegram.callsOf('getUpdates')).toHaveLength(4));
    const offsets = telegram.callsOf('getUpdates').map(({ params }) => params['offset']);
    expect(offsets).toEqual([undefined, undefined, undefined, update.update_id + 1]);
    stop.abort();
    await running;
  });

  it('goes on after every kind of failure', async () => {
    const conflict = {
      kind: 'answer',
      status: 409,
      description: 'Conflict: terminated by other getUpdates request',
    } as const;
    const overloaded = { kind: 'page', status: 503, when: 'before', retryAfter: 30 } as const;
    for (const failure of [failures.resetBefore, overloaded, conflict, failures.limited(40)]) {
      telegram.failNext({ method: 'getUpdates', with: failure });
    }
    const sink = new Batches();
    telegram.push(textUpdate(newChatId(), 'at last'));
    const running = start(sink);
    await eventually(() => expect(sink.taken).toHaveLength(1));
    expect(pauses.waited).toHaveLength(4);
    expect(pauses.waited[1]).toBe(30_000);
    expect(pauses.waited[3]).toBe(40_000);
    stop.abort();
    await running;
  });

  it('finishes the batch in hand when it is stopped', async () => {
    const sink = new HeldBatch();
    telegram.push(textUpdate(newChatId(), 'in hand'));
    const running = start(sink);
    await eventually(() => expect(sink.begun).toBe(true));
    stop.abort();
    expect(await Promise.race([running, Promise.resolve('still at it')])).toBe('still at it');
    sink.finish();
    await running;
  });
});
