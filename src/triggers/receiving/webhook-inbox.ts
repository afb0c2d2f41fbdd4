import { BadRequestException, Injectable, Logger, NotFoundException } from '@nestjs/common';
import { BacklogGauge } from '../../inbox/backlog-gauge.js';
import { classifyInsertError } from '../../inbox/classify-insert-error.js';
import { GroupCommit } from '../../inbox/group-commit.js';
import { messageOf, RetryLaterError } from '../../platform/errors/errors.js';
import { RoutingWaker } from '../../queue/routing-waker.js';
import {
  type NewWebhook,
  STORE_TIMEOUT_MS,
  type StoredWebhook,
  WebhookRepository,
} from './webhook.repository.js';

const MEBI = 1024 * 1024;

/** Webhooks of one source that may wait for its triggers; further ones are answered 503, and so sent again. */
export const MAX_WAITING = 10_000;
/** The `Retry-After` past it: about as long as a worker needs for a part of them. */
const FULL_RETRY_MS = 30_000;

type Stored = 'queued' | 'duplicate' | 'gone' | 'unstorable';
type Outcome = Stored | RetryLaterError;

/** Makes webhooks durable, those that arrive together in one commit, and wakes their routing. */
@Injectable()
export class WebhookInbox {
  private readonly logger = new Logger(WebhookInbox.name);
  private readonly line: GroupCommit<NewWebhook, Stored>;
  private readonly backlog: BacklogGauge;

  constructor(
    private readonly webhooks: WebhookRepository,
    private readonly waker: RoutingWaker,
  ) {
    this.backlog = new BacklogGauge(MAX_WAITING, (sources, limit) => webhooks.countWaiting(sources, limit));
    this.line = new GroupCommit<NewWebhook, Stored>((all) => this.commit(all), {
      maxBatch: 250,
      maxBatchWeight: 8 * MEBI,
      maxWaiting: 10_000,
      maxWaitingWeight: 64 * MEBI,
      weigh: ({ payload }) => payload.length,
      keyOf: ({ source }) => source,
      timeoutMs: STORE_TIMEOUT_MS,
    });
  }

  /**
   * Accepts one webhook. `queued` is promised only once it is committed to PostgreSQL.
   * @throws RetryLaterError when it cannot be made durable within five seconds, or too many of its source wait
   * @throws BadRequestException for a payload that PostgreSQL cannot store; NotFoundException if its source is deleted
   */
  async accept(webhook: NewWebhook): Promise<'queued' | 'duplicate'> {
    const outcome = await this.line.add(webhook);
    switch (outcome) {
      case 'queued':
        this.waker.wake(webhook.source);
        return outcome;
      case 'duplicate':
        return outcome;
      case 'gone':
        throw new NotFoundException('there is no such source');
      case 'unstorable':
        throw new BadRequestException('the body cannot be stored');
    }
  }

  private async commit(webhooks: readonly NewWebhook[]): Promise<Outcome[]> {
    try {
      return await this.store(webhooks);
    } catch (error) {
      const fault = classifyInsertError(error);
      if (fault && webhooks.length > 1) return await this.oneByOne(webhooks);
      if (fault === 'payload') return webhooks.map(() => 'unstorable');
      this.logger.error({ msg: 'webhooks not stored', waiting: webhooks.length, error: messageOf(error) });
      throw new RetryLaterError('INBOX_UNAVAILABLE', 'the webhook could not be stored', null, null, {
        cause: error,
      });
    }
  }

  /** Finds the one that cannot be stored; a failure of one is not its neighbours'. */
  private async oneByOne(webhooks: readonly NewWebhook[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const webhook of webhooks) {
      const [outcome = unanswered()] = await this.commit([webhook]).catch((error: unknown) => [
        failureOf(error),
      ]);
      outcomes.push(outcome);
    }
    return outcomes;
  }

  private async store(webhooks: readonly NewWebhook[]): Promise<Outcome[]> {
    const fits = await this.backlog.admit(webhooks.map(({ source }) => source));
    const admitted = webhooks.filter((_webhook, index) => fits[index] === true);
    const stored = admitted.length > 0 ? await this.webhooks.store(admitted) : [];
    let next = 0;
    return fits.map((fit) => (fit ? outcomeOf(stored[next++] ?? 'duplicate') : full()));
  }
}

const outcomeOf = (stored: StoredWebhook): Outcome => (stored === 'inserted' ? 'queued' : stored);

const full = (): RetryLaterError =>
  new RetryLaterError('SOURCE_BACKLOG_FULL', `${MAX_WAITING} webhooks of the source wait`, FULL_RETRY_MS);

const unanswered = (): RetryLaterError =>
  new RetryLaterError('INBOX_UNAVAILABLE', 'no answer for this webhook');

const failureOf = (error: unknown): RetryLaterError =>
  error instanceof RetryLaterError ? error : unanswered();
