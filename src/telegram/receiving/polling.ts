import { Logger } from '@nestjs/common';
import { messageOf } from '../../platform/errors/errors.js';
import { allowedUpdates } from './allowed-updates.js';
import { BotApi } from '../bot-api/bot-api.js';
import { type BotCallFailure, pauseAskedFor } from '../bot-api/call-failure.js';
import { Pauses } from '../bot-api/pauses.js';
import { integerOf } from '../bot-api/update-fields.js';
import { UpdateSink } from '../../channel/update-sink.js';

/** How long Telegram holds a getUpdates without updates. */
const LONG_POLL_SECONDS = 25;
/** The same, and time for the answer to travel. */
const LONG_POLL_TIMEOUT_MS = (LONG_POLL_SECONDS + 10) * 1_000;
/** The most one getUpdates may bring. */
const BATCH_LIMIT = 100;

/** The end of a try, and the least pause before the next one. */
interface Setback {
  readonly error: string;
  readonly hint: string | null;
  readonly pauseMs: number;
}

/**
 * Fetches updates by long polling (https://core.telegram.org/bots/api#getupdates). The next call's offset confirms a
 * batch to Telegram only after the sink has made it durable: after a crash in between the batch comes again, and the
 * inbox recognises it.
 */
export class Polling {
  private readonly logger = new Logger(Polling.name);

  constructor(
    private readonly channel: string,
    private readonly botApi: BotApi,
    private readonly sink: UpdateSink,
    private readonly pauses: Pauses,
  ) {}

  /**
   * Polls until `signal` is aborted, through every failure. Finishes a batch that is being made durable at that moment.
   * Never rejects.
   */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0;
    const working = () => {
      failures = 0;
    };
    while (!signal.aborted) {
      const setback = await this.poll(signal, working).catch(unexpected);
      if (signal.aborted) return;
      failures++;
      const pauseMs = Math.max(this.pauses.afterFailures(failures), setback.pauseMs);
      this.logger.warn({
        msg: 'polling interrupted',
        channel: this.channel,
        failures,
        pauseMs,
        error: setback.error,
        hint: setback.hint,
      });
      await this.pauses.wait(pauseMs, signal);
    }
  }

  /** From clearing the webhook, batch by batch, to the first failure. */
  private async poll(signal: AbortSignal, working: () => void): Promise<Setback> {
    const cleared = await this.botApi.call(
      (api) => api.deleteWebhook({ drop_pending_updates: false }),
      signal,
    );
    if (!cleared.ok) return setbackOf(cleared.failure);
    this.logger.log({ msg: 'polling for updates', channel: this.channel });
    let offset: number | undefined;
    for (;;) {
      const request = {
        offset,
        limit: BATCH_LIMIT,
        timeout: LONG_POLL_SECONDS,
        allowed_updates: allowedUpdates,
      };
      const batch = await this.botApi.call((api) => api.getUpdates(request), signal, LONG_POLL_TIMEOUT_MS);
      if (!batch.ok) return setbackOf(batch.failure);
      if (batch.value.length > 0) {
        await this.sink.accept(this.channel, batch.value);
        offset = 1 + Math.max(...batch.value.map((update) => integerOf(update, 'update_id') ?? -1));
      }
      working();
    }
  }
}

function unexpected(error: unknown): Setback {
  return { error: messageOf(error), hint: 'the batch is asked for again', pauseMs: 0 };
}

function setbackOf(failure: BotCallFailure): Setback {
  const error = failure.description;
  const hint = failure.kind === 'answered' ? hintFor(failure.status, error) : null;
  return { error, hint, pauseMs: pauseAskedFor(failure) };
}

function hintFor(status: number, description: string): string | null {
  if (status === 401 || status === 404) return 'is the bot’s token right?';
  if (status !== 409) return null;
  return /webhook/i.test(description)
    ? 'another process set a webhook for this bot: stop it, or start this one with TELEGRAM_MODE=webhook'
    : 'another process polls with this bot token: stop it, or give each its own bot';
}
