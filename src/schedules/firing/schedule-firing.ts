import { Injectable, Logger } from '@nestjs/common';
import { AccessPolicy } from '../../access/access-policy.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { Outbox } from '../../delivery/outbox.js';
import { messageOf } from '../../platform/errors/errors.js';
import type { Prisma, ScheduleKind } from '../../generated/prisma/client.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { eachAlone } from '../../platform/runtime/each-alone.js';
import { nextTime } from '../rule.js';
import { type DueSchedule, DueSchedulesRepository } from './due-schedules.repository.js';

/** Schedules that fire in one pass; the next pass continues. */
const BATCH = 100;

/** The effect: a reminder waits to be sent, a task to be done. */
export interface Fired {
  readonly conversationId: string;
  readonly kind: ScheduleKind;
}

/**
 * Fires due schedules. Each time of a schedule has one effect: the effect and the next time are one commit, which only
 * one of several processes can make. Several times missed during an outage count as one.
 */
@Injectable()
export class ScheduleFiring {
  private readonly logger = new Logger(ScheduleFiring.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly due: DueSchedulesRepository,
    private readonly messages: MessageRepository,
    private readonly outbox: Outbox,
    private readonly accessPolicy: AccessPolicy,
  ) {}

  /** One pass; a schedule that cannot fire does not stop the others. @throws if due schedules cannot be read */
  async run(): Promise<Fired[]> {
    const fired = await eachAlone(
      await this.due.ids(BATCH),
      (id) => shortTransaction(this.prisma, (tx) => this.fire(tx, id)),
      (scheduleId, error) =>
        this.logger.error({ msg: 'schedule not fired', scheduleId, error: messageOf(error) }),
    );
    return fired.filter((one) => one !== null);
  }

  private async fire(tx: Prisma.TransactionClient, id: string): Promise<Fired | null> {
    const due = await this.due.lockDue(tx, id);
    if (!due) return null;
    const { conversationId, kind, cron, timeZone, now } = due;
    const next = cron === null ? null : nextTime({ cron, timeZone }, now);
    // A chat without access gets no messages, just as its own are dropped; nor does one that refuses them.
    const active = due.status === 'active' && !due.unreachable;
    const served = active && (await this.accessPolicy.evaluate(due, tx)) === 'serve';
    const fired = served && (await this.takeEffect(tx, due));
    await this.due.moveOn(tx, due, next, fired ? 'fired' : 'passed');
    this.logger.log({
      msg: fired ? 'schedule fired' : 'schedule passed over',
      conversationId,
      scheduleId: id,
    });
    return fired ? { conversationId, kind } : null;
  }

  private async takeEffect(tx: Prisma.TransactionClient, due: DueSchedule): Promise<boolean> {
    const { conversationId, epoch, number, text, sender } = due;
    if (due.kind === 'task') {
      const dueAt = due.nextAt.toISOString();
      return await this.due.addEvent(tx, due, { number, dueAt, text, sender });
    }
    // Part of the history, so that the agent knows the subject of an answer to it.
    const messageId = await this.messages.addNotice(tx, { conversationId, epoch }, text);
    await this.outbox.add(tx, { conversationId, text, messageId, class: 'background' });
    return true;
  }
}
