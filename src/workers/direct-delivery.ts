import { Injectable, Logger } from '@nestjs/common';
import { Deliverer } from '../delivery/deliverer.js';
import { messageOf } from '../platform/errors/errors.js';
import { inLogScope, outsideLogScope } from '../platform/observability/log-scope.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneOutcome } from '../queue/lease/lane-outcome.js';

/** As many as the lane itself has at once in a process. */
const MOST_AT_ONCE = 20;

/**
 * Sends a conversation's replies in the process that has just written them: without a job of the lane "deliveries", and
 * though the queue is down. The lease keeps it apart from that lane, which does whatever is left: what has to wait, what
 * is too much at once, and what a process leaves behind that ends.
 */
@Injectable()
export class DirectDelivery {
  private readonly logger = new Logger(DirectDelivery.name);
  /** The conversations under way; true: further replies were written meanwhile. */
  private readonly underWay = new Map<string, boolean>();

  constructor(
    private readonly deliverer: Deliverer,
    private readonly waker: LaneWaker,
    private readonly stopping: Stopping,
  ) {}

  /** Begins to send, and is not awaited: a slow channel holds up no turn. */
  begin(conversationId: string): void {
    if (this.underWay.has(conversationId)) this.underWay.set(conversationId, true);
    else if (this.underWay.size >= MOST_AT_ONCE || this.stopping.soon.aborted)
      this.waker.wake('deliveries', conversationId);
    else void outsideLogScope(() => inLogScope({ conversationId }, () => this.deliver(conversationId)));
  }

  private async deliver(conversationId: string): Promise<void> {
    this.underWay.set(conversationId, false);
    const outcome = await this.stopping.track(this.run(conversationId));
    const isMoreWritten = this.underWay.get(conversationId);
    this.underWay.delete(conversationId);
    if (outcome.next === 'now' || isMoreWritten) this.waker.wake('deliveries', conversationId);
    else if (outcome.next === 'later') this.waker.wakeLater('deliveries', conversationId, outcome.delayMs);
  }

  private async run(conversationId: string): Promise<LaneOutcome> {
    try {
      return await this.deliverer.run(conversationId);
    } catch (error) {
      this.logger.error({ msg: 'delivery failed, left to the sweep', error: messageOf(error) });
      return { next: 'none' };
    }
  }
}
