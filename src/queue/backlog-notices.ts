import { InjectQueue } from '@nestjs/bullmq';
import { Injectable } from '@nestjs/common';
import type { Queue } from 'bullmq';
import { WaitNotices, WORTH_TELLING_MS } from '../agent/waiting/wait-notices.js';
import { BusySettings } from '../config/busy.settings.js';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { BacklogRepository } from './backlog.repository.js';
import { estimateWaitMs, firstWorthTelling } from './wait-estimate.js';
import { LaneWaker } from './lane-waker.js';
import type { LaneJob } from './lanes.js';

/** In one pass: telling everybody would take the answers' share of what Telegram lets a bot send. */
const TOLD_AT_ONCE = 10;

/** Tells chats that wait for a free worker how long that may take. */
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
    // Where no job waits, no chat waits for a worker: it waits for its own limit, and is told so by its own lane.
    if ((await this.turns.getWaitingCount()) === 0) return;
    await this.tell();
  }

  private async tell(): Promise<void> {
    const pace = await this.backlog.pace();
    const from = firstWorthTelling(pace, WORTH_TELLING_MS);
    if (from === null) return;
    const waiting = await this.backlog.untold(from, TOLD_AT_ONCE, this.busy.mode);
    const told = await Promise.allSettled(
      waiting.map(async ({ conversationId, position }) => {
        const waitMs = estimateWaitMs(position, pace);
        const held = await this.notices.tellWaiting(conversationId, { position, waitMs });
        // A worker that came to it meanwhile went away again.
        if (held) this.waker.wake('turns', conversationId);
      }),
    );
    // One that cannot be told keeps no other one from it.
    for (const one of told) if (one.status === 'rejected') throw one.reason;
  }
}
