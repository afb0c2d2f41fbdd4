import { Agent, type IncomingMessage, request } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Update } from '@grammyjs/types';
import { messageOf } from '../../platform/errors/errors.js';
import type { Clock } from '../../platform/runtime/clock.js';
import { asRecord } from './params.js';
import type { UpdateQueue } from './update-queue.js';
import type { Ack } from './chat-log.js';

export interface WebhookTarget {
  readonly url: string;
  readonly secret: string;
  /** Updates of different chats under way at once. */
  readonly maxConnections: number;
}

/** The outcome of one POST. */
interface Answer {
  readonly status: number;
  readonly outcome: string | null;
  readonly retryAfterSeconds: number | null;
  readonly error: string | null;
}

/** Telegram waits this long for an answer. */
const ANSWER_TIMEOUT_MS = 60_000;
const MAX_PAUSE_SECONDS = 60;
const MAX_RETRY_AFTER_SECONDS = 3_600;

/**
 * The pause after failed tries: none after the first, then 1, 2, 4 … 60 s; the bot's `Retry-After` overrides it.
 * Telegram's own pauses have the same shape and are about twice as long.
 * @param failures tries of this update so far, from 1
 */
export function pauseMs(failures: number, retryAfterSeconds: number | null): number {
  if (retryAfterSeconds !== null) return Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS) * 1_000;
  return failures < 2 ? 0 : Math.min(2 ** (failures - 2), MAX_PAUSE_SECONDS) * 1_000;
}

/**
 * Delivers updates to a webhook as Telegram does: those of one chat one after the other, the next only after the last
 * one was answered 2xx; chats side by side up to `maxConnections`.
 */
export class WebhookSender {
  /** Why the last try failed, for getWebhookInfo. */
  lastError: { readonly at: number; readonly message: string } | null = null;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly failures = new Map<number, number>();
  private readonly busy = new Set<number>();
  private readonly pauses = new Map<number, NodeJS.Timeout>();
  private stopped = false;
  private readonly wake = () => this.pump();

  constructor(
    private readonly target: WebhookTarget,
    private readonly queue: UpdateQueue,
    private readonly clock: Clock,
    private readonly onAck: (ack: Ack) => void,
  ) {
    queue.events.on('added', this.wake);
    this.pump();
  }

  /** Stops sending and cuts requests under way. */
  stop(): void {
    this.stopped = true;
    this.queue.events.off('added', this.wake);
    for (const timer of this.pauses.values()) clearTimeout(timer);
    this.agent.destroy();
  }

  private pump(): void {
    if (this.stopped) return;
    for (const chatId of this.queue.chats()) {
      if (this.busy.size >= this.target.maxConnections) return;
      const update = this.queue.first(chatId);
      if (!update || this.busy.has(chatId) || this.pauses.has(chatId)) continue;
      this.busy.add(chatId);
      void this.deliver(chatId, update);
    }
  }

  private async deliver(chatId: number, update: Update): Promise<void> {
    const attempt = (this.failures.get(chatId) ?? 0) + 1;
    const began = performance.now();
    const answer = await this.post(update);
    this.busy.delete(chatId);
    if (this.stopped) return;
    if (answer.error === null) {
      this.failures.delete(chatId);
      this.queue.taken(chatId);
    } else {
      this.failures.set(chatId, attempt);
      this.lastError = { at: this.clock.now().getTime(), message: answer.error };
      this.pause(chatId, pauseMs(attempt, answer.retryAfterSeconds));
    }
    const { status, outcome } = answer;
    const milliseconds = performance.now() - began;
    this.onAck({ updateId: update.update_id, chatId, status, outcome, milliseconds, attempt });
    this.pump();
  }

  private pause(chatId: number, milliseconds: number): void {
    const timer = setTimeout(() => {
      this.pauses.delete(chatId);
      this.pump();
    }, milliseconds);
    this.pauses.set(chatId, timer);
  }

  /** Never rejects: a failure is an answer with an `error`. */
  private post(update: Update): Promise<Answer> {
    const body = JSON.stringify(update);
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(this.target.secret === '' ? {} : { 'x-telegram-bot-api-secret-token': this.target.secret }),
    };
    return new Promise((resolve) => {
      const fail = (error: unknown) =>
        resolve({ status: 0, outcome: null, retryAfterSeconds: null, error: messageOf(error) });
      const sending = request(
        this.target.url,
        { method: 'POST', headers, agent: this.agent, timeout: ANSWER_TIMEOUT_MS },
        (response) => {
          readAnswer(response).then(resolve, fail);
        },
      );
      sending.on('timeout', () => sending.destroy(new Error('Read timeout expired')));
      sending.on('error', fail);
      sending.end(body);
    });
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: string[] = [];
  response.setEncoding('utf8');
  for await (const chunk of response) chunks.push(String(chunk));
  const status = response.statusCode ?? 0;
  const ok = status >= 200 && status < 300;
  const retryAfter = Number(response.headers['retry-after'] ?? Number.NaN);
  return {
    status,
    outcome: outcomeIn(chunks.join('')),
    retryAfterSeconds: Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : null,
    error: ok ? null : `Wrong response from the webhook: ${status} ${response.statusMessage ?? ''}`.trim(),
  };
}

function outcomeIn(body: string): string | null {
  try {
    const status = asRecord(JSON.parse(body))?.['status'];
    return typeof status === 'string' ? status : null;
  } catch {
    return null;
  }
}
