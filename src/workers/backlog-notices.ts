import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { WaitNotices, WORTH_TELLING_MS } from '../agent/turns/wait-notices.js';
import { BusySettings } from '../agent/turns/busy.settings.js';
import { ChatLimitSettings } from '../platform/throttling/chat-limit.settings.js';
import { BacklogRepository, type Pace } from './backlog.repository.js';
import { LaneWaker } from '../queue/lane-waker.js';
import type { LaneJob } from '../queue/lanes.js';

/** The most in one pass: notifying every chat would use up the answers' share of the bot's limit. */
const TOLD_AT_ONCE = 10;

/** Notifies chats that wait for a worker how long that may take. */
@Injectable()
export class BacklogNotices {
  constructor(
    private readonly backlog: BacklogRepository,
    private readonly notices: WaitNotices,
    private readonly waker: LaneWaker,
    @InjectQueue('turns') private readonly turns: Queue<LaneJob>,
    private readonly limits: ChatLimitSettings,
    private readonly busy: BusySettings,
  ) {}

  /** One pass. */
  async run(): Promise<void> {
    if (!this.limits.waitNotice) return;
    // Without waiting jobs no chat waits for a worker: a chat that waits for its own limit is notified by its own lane.
    if ((await this.turns.getWaitingCount()) === 0) return;
    await this.tell();
  }

  private async tell(): Promise<void> {
    const pace = await this.backlog.pace();
    const from = firstWorthTelling(pace, WORTH_TELLING_MS);
    if (from === null) return;
    const waiting = await this.backlog.untold(from, TOLD_AT_ONCE, this.busy.mode);
    const results = await Promise.allSettled(
      waiting.map(async ({ conversationId, position }) => {
        const waitMs = estimateWaitMs(position, pace);
        const held = await this.notices.tellWaiting(conversationId, { position, waitMs });
        // A worker had begun it meanwhile and left again.
        if (held) this.waker.wake('turns', conversationId);
      }),
    );
    // A chat whose notice fails does not keep the others from theirs.
    for (const one of results) if (one.status === 'rejected') throw one.reason;
  }
}

/** The time until the turn of the conversation at this position of the line, from 1. Pure. */
export function estimateWaitMs(position: number, { running, turnMs }: Pace): number {
  return (position * (turnMs ?? 0)) / Math.max(1, running);
}

/** The first position that waits at least this long; null if the speed of the line is unknown. Pure. */
export function firstWorthTelling(pace: Pace, leastMs: number): number | null {
  const each = estimateWaitMs(1, pace);
  return each > 0 ? Math.max(1, Math.ceil(leastMs / each)) : null;
}
