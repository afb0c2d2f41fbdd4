import type { Fetched } from '../../channel/attachment.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { type BotCallFailure, readFailure } from './call-failure.js';
import { BotApi } from './bot-api.js';

/** The limit of one download. */
const DOWNLOAD_TIMEOUT_MS = 30_000;

/**
 * Fetches files that people sent: `getFile`, then `<root>/file/bot<token>/<path>`
 * (https://core.telegram.org/bots/api#getfile). The address holds the token, so no result and no error contains it.
 */
export class BotFiles {
  constructor(
    private readonly botApi: BotApi,
    private readonly settings: TelegramSettings,
  ) {}

  /** One try. @throws the signal's reason when `signal` is aborted, and nothing else */
  async fetch(fileId: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
    const file = await this.botApi.call((api) => api.getFile({ file_id: fileId }), signal);
    if (!file.ok) return fetchedOf(file.failure);
    const { file_path: path, file_size: size = 0 } = file.value;
    if (path === undefined) return { kind: 'gone', error: 'the file has no path' };
    if (size > maxBytes) return { kind: 'too-large' };
    try {
      return await this.download(
        path,
        maxBytes,
        AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS)]),
      );
    } catch (error) {
      signal.throwIfAborted();
      return unavailable(this.withoutAddress(readFailure(error).description));
    }
  }

  private async download(path: string, maxBytes: number, signal: AbortSignal): Promise<Fetched> {
    const { apiRoot, botToken = '' } = this.settings;
    const url = `${apiRoot.replace(/\/+$/, '')}/file/bot${botToken}/${path.split('/').map(encodeURIComponent).join('/')}`;
    const response = await fetch(url, { signal, redirect: 'manual' });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const error = `the file was answered with ${response.status}`;
      return response.status === 404 || response.status === 400
        ? { kind: 'gone', error }
        : unavailable(error);
    }
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body) {
      bytes += chunk.length;
      // Leaving the loop cancels the rest.
      if (bytes > maxBytes) return { kind: 'too-large' };
      chunks.push(chunk);
    }
    return { kind: 'file', content: Buffer.concat(chunks) };
  }

  private withoutAddress(text: string): string {
    const { botToken = '' } = this.settings;
    return botToken === '' ? text : text.replaceAll(botToken, '<token>');
  }
}

const unavailable = (error: string, retryAfterMs: number | null = null): Fetched => ({
  kind: 'unavailable',
  error,
  retryAfterMs,
});

/**
 * Classifies a failed `getFile`. After a wrong token or address, which an operator can fix, the file is still there.
 */
function fetchedOf(failure: BotCallFailure): Fetched {
  const { description } = failure;
  if (failure.kind === 'not-sent') return unavailable(description);
  if (failure.kind === 'no-answer') return unavailable(description, failure.retryAfterMs);
  if (/file is too big/i.test(description)) return { kind: 'too-large' };
  if (failure.status === 400 || failure.status === 403) return { kind: 'gone', error: description };
  return unavailable(description, failure.retryAfterMs);
}
