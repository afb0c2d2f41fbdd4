import { EventEmitter, once } from 'node:events';
import { Api, type RawApi } from 'grammy/web';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { botApiFetch } from './bot-api-fetch.js';
import { withoutLinkPreviews } from './link-previews.js';
import { type BotCallFailure, readFailure } from './call-failure.js';

export type CallResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: BotCallFailure };

/** The default limit of one call, from the first byte out to the last byte in. */
const CALL_TIMEOUT_MS = 15_000;

const unauthorised: BotCallFailure = {
  kind: 'answered',
  status: 401,
  description: 'Unauthorized',
  retryAfterMs: null,
  movedTo: null,
};

/**
 * The Bot API, each method typed by grammY. A call is made once: no retry, no queue, no flood control. Results and
 * errors never contain the token. After Telegram has refused the token (401), calls fail with that at once, without a
 * request, until `tryToken` succeeds.
 *
 * @example
 * const me = await botApi.call((api) => api.getMe(), signal);
 * if (me.ok) logger.log(me.value.username);
 */
export class BotApi {
  private readonly changed = new EventEmitter();
  private refused = false;

  constructor(private readonly settings: TelegramSettings) {}

  /** Telegram has answered 401. */
  get tokenRefused(): boolean {
    return this.refused;
  }

  /**
   * Resolves to true when the token is refused, at once if it is already. Resolves to false when `signal` is aborted.
   */
  async whenTokenRefused(signal: AbortSignal): Promise<boolean> {
    if (!this.refused) await once(this.changed, 'refused', { signal }).catch(() => undefined);
    return !signal.aborted;
  }

  /** Asks Telegram whether it knows the token (getMe). @throws as `call` */
  async tryToken(signal: AbortSignal): Promise<void> {
    await this.callOnce((api) => api.getMe(), signal, CALL_TIMEOUT_MS);
  }

  /**
   * Makes one call and returns its outcome.
   * @param run calls one method of `api`, once
   * @throws the signal's reason when `signal` is aborted, and nothing else; the call may have had its effect
   */
  async call<T>(
    run: (api: RawApi) => Promise<T>,
    signal: AbortSignal,
    timeoutMs: number = CALL_TIMEOUT_MS,
  ): Promise<CallResult<T>> {
    signal.throwIfAborted();
    return this.refused ? failed(unauthorised) : await this.callOnce(run, signal, timeoutMs);
  }

  private async callOnce<T>(
    run: (api: RawApi) => Promise<T>,
    signal: AbortSignal,
    timeoutMs: number,
  ): Promise<CallResult<T>> {
    signal.throwIfAborted();
    const token = this.settings.botToken;
    if (token === undefined)
      return failed({ kind: 'not-sent', description: `${this.settings.tokenSetting} is not set` });

    const deadline = new AbortController();
    const stop = () => deadline.abort(signal.reason);
    const timer = setTimeout(() => deadline.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const value = await run(this.rawApi(token, deadline.signal));
      this.refused = false;
      return { ok: true, value };
    } catch (error) {
      signal.throwIfAborted();
      const failure = readFailure(error);
      if (failure.kind === 'answered' && failure.status === 401) this.refuse();
      return failed({ ...failure, description: withoutToken(failure.description, token) });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  private refuse(): void {
    this.refused = true;
    this.changed.emit('refused');
  }

  /** An `Api` holds no connection and costs microseconds to make; one per call binds it to that call's signal. */
  private rawApi(token: string, signal: AbortSignal): RawApi {
    const fetch = (url: string | URL, init: RequestInit) => botApiFetch(url, init, signal);
    const api = new Api(token, { apiRoot: this.settings.apiRoot.replace(/\/+$/, ''), fetch });
    if (!this.settings.linkPreviews) api.config.use(withoutLinkPreviews);
    return api.raw;
  }
}

function failed(failure: BotCallFailure): { readonly ok: false; readonly failure: BotCallFailure } {
  return { ok: false, failure };
}

function withoutToken(text: string, token: string): string {
  return text.replaceAll(token, '<token>').replaceAll(encodeURIComponent(token), '<token>');
}
