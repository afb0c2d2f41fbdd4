import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { messageOf, TurnpikeError } from '../../platform/errors/errors.js';
import { Clock } from '../../platform/runtime/clock.js';
import { Random } from '../../platform/runtime/random.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { type ClaimedDelivery, DeliveryRepository } from './delivery.repository.js';
import { EndpointCaller } from './endpoint-caller.js';
import { MAX_FAILING_MS, retryInMs } from './retry-plan.js';

/** Calls of one endpoint at a time in this process: a slow one holds up no other. */
const PER_ENDPOINT = 4;
/** RFC 9110: the endpoint is gone for good. */
const GONE = 410;

/**
 * Sends notifications to endpoints: a part of the sweep claims those that are due and does not wait for their answers.
 * An endpoint that answers well is sent the next ones at once; the others of a failing one wait for the next pass. An
 * attempt whose process dies is repeated, with the same `webhook-id`.
 */
@Injectable()
export class NotificationSender implements OnModuleInit {
  private readonly logger = new Logger(NotificationSender.name);
  private readonly underWay = new Map<string, number>();
  /** Endpoints that failed since the last pass. */
  private readonly failed = new Set<string>();
  private lastClaim: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly deliveries: DeliveryRepository,
    private readonly caller: EndpointCaller,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly stopping: Stopping,
    private readonly additions: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.additions.add('notifications', () => this.run());
  }

  /** One pass. @returns the attempts that it began */
  async run(): Promise<readonly Promise<void>[]> {
    this.failed.clear();
    return await this.begin();
  }

  /** One claim at a time: two at once could take more of one endpoint than it gets. */
  private async begin(): Promise<readonly Promise<void>[]> {
    const begun = this.lastClaim.then(() => this.beginDue());
    this.lastClaim = begun.catch(() => undefined);
    return await begun;
  }

  private async beginDue(): Promise<readonly Promise<void>[]> {
    if (this.stopping.soon.aborted) return [];
    const claimed = await this.deliveries.claim(PER_ENDPOINT, [...this.underWay.keys(), ...this.failed]);
    return claimed.map((delivery) => this.stopping.track(this.attempt(delivery)));
  }

  /** Never rejects. Resolves when the attempt has ended and, behind the last one of its endpoint, the next have begun. */
  private async attempt(delivery: ClaimedDelivery): Promise<void> {
    const { endpointId } = delivery;
    this.underWay.set(endpointId, (this.underWay.get(endpointId) ?? 0) + 1);
    try {
      if (!(await this.send(delivery))) this.failed.add(endpointId);
    } catch (error) {
      // The claim runs out, and the attempt is repeated.
      this.failed.add(endpointId);
      this.logger.error({ msg: 'notification not recorded', endpointId, error: messageOf(error) });
    }
    const left = (this.underWay.get(endpointId) ?? 1) - 1;
    if (left > 0) {
      this.underWay.set(endpointId, left);
      return;
    }
    this.underWay.delete(endpointId);
    if (!this.failed.has(endpointId)) await this.goOn();
  }

  private async goOn(): Promise<void> {
    try {
      void (await this.begin());
    } catch (error) {
      this.logger.error({ msg: 'notifications left to the next pass', error: messageOf(error) });
    }
  }

  /** @returns whether the endpoint took it */
  private async send(delivery: ClaimedDelivery): Promise<boolean> {
    const { endpointId, notificationId, type, attempts } = delivery;
    const ids = { endpointId, notificationId: String(notificationId), type, attempts };
    const answer = await this.caller.call(delivery, this.clock.now(), this.stopping.now).then(
      (status) => ({ status, error: `answered ${status}` }),
      (error: unknown) => ({ status: null, error: failureOf(error) }),
    );
    const { status, error } = answer;
    if (status === null && this.stopping.now.aborted) {
      // It is no failure of the endpoint. The claim runs out, and another process repeats the attempt.
      this.logger.warn({ msg: 'notification broken off', ...ids });
      return false;
    }
    if (status !== null && status >= 200 && status < 300) {
      await this.deliveries.recordDelivered(delivery, status);
      this.logger.log({ msg: 'notification sent', ...ids });
      return true;
    }
    const pauseMs = retryInMs(attempts, this.random.next());
    const failingMs = await this.deliveries.recordFailed(delivery, { status, error, retryInMs: pauseMs });
    this.logger.warn({ msg: 'notification not sent', ...ids, error, retryInMs: pauseMs });
    if (status === GONE) await this.deliveries.disable(endpointId, 'ENDPOINT_GONE');
    else if (failingMs > MAX_FAILING_MS) await this.deliveries.disable(endpointId, 'ENDPOINT_FAILING');
    return false;
  }
}

/** A code: words of the other side, for example of its certificate, are not kept. */
function failureOf(error: unknown): string {
  if (error instanceof TurnpikeError) return error.code;
  const { code, name }: { readonly code?: unknown; readonly name?: unknown } = Object(error);
  if (name === 'TimeoutError') return 'TIMEOUT';
  return typeof code === 'string' && /^[A-Z][A-Z\d_]{1,63}$/.test(code) ? code : 'CALL_FAILED';
}
