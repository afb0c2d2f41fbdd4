import { Injectable, Logger } from '@nestjs/common';
import { AccessPolicy } from '../../access/access-policy.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { Outbox } from '../../delivery/outbox.js';
import { messageOf } from '../../platform/errors/errors.js';
import type { Prisma, ScheduleKind, ScheduleRun, ScheduleRunState } from '../../generated/prisma/client.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { eachAlone } from '../../platform/runtime/each-alone.js';
import { decideDue, dueTimes } from './due-times.js';
import { type DueSchedule, DueSchedulesRepository } from './due-schedules.repository.js';

/** Schedules that fire in one pass; the next pass continues. */
const BATCH = 100;

/** Transactions for the missed times of one schedule in one pass; the next pass continues. */
const MAX_PARTS = 10;

/** The effect: a reminder waits to be sent, a task to be done. */
export interface Fired {
  readonly conversationId: string;
  readonly kind: ScheduleKind;
}

const runOf =
  (state: ScheduleRunState, code: string | null) =>
  (dueAt: Date): Pick<ScheduleRun, 'dueAt' | 'state' | 'code'> => ({ dueAt, state, code });

/** The outcome of one transaction for a schedule. */
interface Part {
  readonly fired: Fired | null;
  /** Its next time has come too. */
  readonly isMoreDue: boolean;
}

/**
 * Fires due schedules. Each time of a schedule has one effect: the effect and the next time are one commit, which only
 * one of several processes can make. What becomes of times that were missed is the schedule's own policy; each is
 * recorded.
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
      (id) => this.catchUp(id),
      (scheduleId, error) =>
        this.logger.error({ msg: 'schedule not fired', scheduleId, error: messageOf(error) }),
    );
    return fired.filter((one) => one !== null);
  }

  /** Goes through a schedule's times that have come, a part a transaction; the last part fires. */
  private async catchUp(id: string): Promise<Fired | null> {
    for (let n = 0; n < MAX_PARTS; n += 1) {
      const part = await shortTransaction(this.prisma, (tx) => this.fire(tx, id));
      if (part === null) return null;
      if (!part.isMoreDue) return part.fired;
    }
    return null;
  }

  private async fire(tx: Prisma.TransactionClient, id: string): Promise<Part | null> {
    const due = await this.due.lockDue(tx, id);
    if (!due) return null;
    const { conversationId, kind, now } = due;
    const { fire, missed, next } = decideDue(due.missed, dueTimes(due, now), now);
    // A chat without access gets no messages, just as its own are dropped; nor does one that refuses them.
    const active = due.status === 'active' && !due.unreachable;
    const served = active && (await this.accessPolicy.evaluate(due, tx)) === 'serve';
    const fired = await this.fireTimes(tx, due, served, fire, missed);
    await this.due.moveOn(tx, due, next, fired > 0 ? 'fired' : 'passed');
    this.logger.log({
      msg: fired > 0 ? 'schedule fired' : 'schedule passed over',
      conversationId,
      scheduleId: id,
      fired,
      missed: missed.length,
    });
    return { fired: fired > 0 ? { conversationId, kind } : null, isMoreDue: next !== null && next <= now };
  }

  /** @returns how many times had an effect */
  private async fireTimes(
    tx: Prisma.TransactionClient,
    due: DueSchedule,
    isServed: boolean,
    fire: readonly Date[],
    missed: readonly Date[],
  ): Promise<number> {
    const begun = isServed ? runOf('fired', null) : runOf('skipped', 'SCHEDULE_NOT_SERVED');
    const runs = [...missed.map(runOf('missed', 'SCHEDULE_MISSED')), ...fire.map(begun)];
    const recorded = new Set((await this.due.recordRuns(tx, due, runs)).map((time) => time.getTime()));
    let fired = 0;
    for (const dueAt of fire) {
      if (!isServed || !recorded.has(dueAt.getTime())) continue;
      if (await this.takeEffect(tx, due, dueAt)) fired += 1;
      else await this.due.recordSkipped(tx, due, dueAt, 'SCHEDULE_OVERLAP');
    }
    await this.due.forgetOldRuns(tx, due);
    return fired;
  }

  private async takeEffect(tx: Prisma.TransactionClient, due: DueSchedule, dueAt: Date): Promise<boolean> {
    const { conversationId, epoch, number, text, sender } = due;
    if (due.kind === 'task') {
      const event = { number, dueAt: dueAt.toISOString(), text, sender };
      return await this.due.addEvent(tx, due, dueAt, event);
    }
    // Part of the history, so that the agent knows the subject of an answer to it.
    const messageId = await this.messages.addNotice(tx, { conversationId, epoch }, text);
    await this.outbox.add(tx, { conversationId, text, messageId, class: 'background' });
    return true;
  }
}
