import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.js';
import { findRedisServer } from '../support/redis.js';
import type { Edit } from './build.js';
import { Cluster } from './cluster.js';
import { editsFor, type KillPoint } from './kill-points.js';
import {
  MESSAGE_UNKNOWN,
  messageKillPoints,
  NOTICE_UNKNOWN,
  noticeKillPoints,
  previewKillPoints,
} from './streaming-kill-points.js';
import { hurried } from './pace.js';
import { openWork } from './records.js';
import { conclude } from './round.js';
import type { Script } from './features/feature.js';
import { plain } from './features/plain.js';
import { type Played, Sender } from './sender.js';

// The embedded server would log each of its restarts.
Logger.overrideLogger(false);

const LIMIT_MS = 180_000;
const ANSWER_WITHIN_MS = 60_000;
const backend = findRedisServer() ? 'redis' : 'postgresql';

/** The processes of a group of tests, each of which has a chat of its own. */
class KillPointFixture {
  readonly played: Played[] = [];
  private cluster: Cluster | null = null;

  constructor(private readonly firstChat: number) {}

  get running(): Cluster {
    if (!this.cluster) throw new Error('the cluster does not run');
    return this.cluster;
  }

  async open(
    points: readonly KillPoint[],
    settings: Readonly<Record<string, string>>,
    changes: readonly Edit[] = [],
  ): Promise<void> {
    this.cluster = await Cluster.start(backend, hurried, [...changes, ...editsFor(points)], settings);
  }

  close(): Promise<void> {
    return this.running.stop();
  }

  chat = (index: number): number => this.firstChat + index;
  shown = (index: number): readonly string[] => this.running.telegram.textsOf(this.chat(index));

  async say(index: number, n: number, asks: string): Promise<void> {
    const chat = this.chat(index);
    const token = `q0c${index}n${n}z`;
    const said = { kind: 'say' as const, token, text: `${asks} ${token}`, pauseMs: 0, again: null };
    const script = { chat, feature: plain, actions: [said] };
    this.played.push(...(await new Sender(this.running).play([script])));
  }

  answered = (index: number, n: number): Promise<void> =>
    eventually(() => expect(this.shown(index)).toContain(`heard q0c${index}n${n}z`), {
      withinMs: ANSWER_WITHIN_MS,
    });

  /** No work is under way any more, not even the record of the last send. */
  settled = (index: number): Promise<void> =>
    eventually(async () => expect(await openWork(this.running.postgres, [this.chat(index)])).toEqual([]), {
      withinMs: ANSWER_WITHIN_MS,
    });

  /** Sends the message, and kills the process at this point. */
  async sayToDeath({ name, role }: KillPoint, index: number, n: number, asks: string): Promise<void> {
    const processes = this.running[role];
    const death = new Promise<void>((resolve) => {
      for (const processIndex of processes) processIndex.doom(name, resolve);
    });
    await this.say(index, n, asks);
    await death;
    for (const processIndex of processes) processIndex.doom(null);
  }

  /** @param but chats that are ignored */
  async violations(but: readonly number[] = []) {
    const chats = [...new Set(this.played.flatMap(({ sent }) => sent.map(({ chat }) => chat)))];
    const scripts: Script[] = chats
      .filter((chat) => !but.includes(chat))
      .map((chat) => ({ chat, feature: plain, actions: [] }));
    const sent = this.played.map((each) => ({
      ...each,
      sent: each.sent.filter(({ chat }) => !but.includes(chat)),
    }));
    const { violations, figures } = await conclude(this.running, scripts, sent);
    expect(figures).toMatchObject({ deadTurns: 0, unsaid: 0 });
    return violations;
  }
}

/** Long enough for a streamed reply to appear before the turn ends: the tool's running time. */
const SLOW = 'use:time slow:1200';

describe('A kill -9 while a private chat sees a draft of the answer', () => {
  const fixture = new KillPointFixture(91_000_000);
  beforeAll(() => fixture.open(previewKillPoints, { AGENT_STREAMING: 'draft' }), LIMIT_MS);
  afterAll(() => fixture.close());

  it.each(previewKillPoints.map((point, index) => ({ ...point, index })))(
    'happens $name, and the answer comes as a message of its own',
    { timeout: LIMIT_MS },
    async ({ index, ...point }) => {
      await fixture.sayToDeath(point, index, 0, SLOW);
      await fixture.answered(index, 0);
      // Wherever the process died, everything shown before the answer was a draft, and is gone.
      const others = fixture.shown(index).filter((text) => text !== `heard q0c${index}n0z`);
      expect(others).toEqual([]);
      await eventually(() => expect(fixture.running.telegram.draftOf(fixture.chat(index))).toBeNull());
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    async () => {
      expect(await fixture.violations()).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('A kill -9 while a chat sees a message that is edited', () => {
  const fixture = new KillPointFixture(93_000_000);
  beforeAll(() => fixture.open(messageKillPoints, {}), LIMIT_MS);
  afterAll(() => fixture.close());

  it.each(messageKillPoints.map((point, index) => ({ ...point, index })))(
    'happens $name, and the answer is there once',
    { timeout: LIMIT_MS },
    async ({ index, ...point }) => {
      await fixture.sayToDeath(point, index, 0, SLOW);
      await fixture.answered(index, 0);
      const unknown = point.name === MESSAGE_UNKNOWN ? [expect.stringMatching(/current_time/)] : [];
      expect(fixture.shown(index)).toEqual([...unknown, `heard q0c${index}n0z`]);
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    async () => {
      expect(await fixture.violations()).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('A kill -9 while a chat with a wait notice gets its answer', () => {
  const fixture = new KillPointFixture(92_000_000);
  const shorter: Edit = {
    file: 'agent/turns/wait-notices.js',
    find: /WORTH_TELLING_MS = [\d_]+/,
    put: 'WORTH_TELLING_MS = 1',
  };
  const limit = { CHAT_WAIT_NOTICE: 'true', CHAT_RATE_LIMIT: '1', CHAT_RATE_PERIOD_MS: '6000' };
  beforeAll(() => fixture.open(noticeKillPoints, limit, [shorter]), LIMIT_MS);
  afterAll(() => fixture.close());

  it.each(noticeKillPoints.map((point, index) => ({ ...point, index })))(
    'happens $name, and the notice becomes the answer',
    { timeout: LIMIT_MS },
    async ({ index, ...point }) => {
      await fixture.say(index, 0, '');
      await fixture.answered(index, 0);
      await fixture.settled(index);
      await fixture.sayToDeath(point, index, 1, SLOW);
      await fixture.answered(index, 1);
      const answers = [0, 1].map((n) => `heard q0c${index}n${n}z`);
      const notice = expect.stringMatching(/^You have written more/);
      // No process knows that message: it stays as it was, and the answer is a new one.
      const unknown = point.name === NOTICE_UNKNOWN ? [notice] : [];
      expect(fixture.shown(index)).toEqual([...answers.slice(0, 1), ...unknown, ...answers.slice(1)]);
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    async () => {
      const unknown = noticeKillPoints.findIndex(({ name }) => name === NOTICE_UNKNOWN);
      expect(await fixture.violations([fixture.chat(unknown)])).toEqual([]);
    },
    LIMIT_MS,
  );
});
