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
} from './live-kill-points.js';
import { hurried } from './pace.js';
import { openWork } from './records.js';
import { conclude } from './round.js';
import type { Script } from './features/feature.js';
import { plain } from './features/plain.js';
import { type Played, Sender } from './sender.js';

// The embedded server would tell of each of its restarts.
Logger.overrideLogger(false);

const LIMIT_MS = 180_000;
const ANSWER_WITHIN_MS = 60_000;
const backend = findRedisServer() ? 'redis' : 'postgresql';

/** The processes of a group of tests, each of which has a chat of its own. */
class Scene {
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

  /** Nothing is under way any more, the record of the last send neither. */
  settled = (index: number): Promise<void> =>
    eventually(async () => expect(await openWork(this.running.postgres, [this.chat(index)])).toEqual([]), {
      withinMs: ANSWER_WITHIN_MS,
    });

  /** Says it, and has the process that comes to this point die there. */
  async sayToDeath({ name, role }: KillPoint, index: number, n: number, asks: string): Promise<void> {
    const slots = this.running[role];
    const death = new Promise<void>((resolve) => {
      for (const slot of slots) slot.doom(name, resolve);
    });
    await this.say(index, n, asks);
    await death;
    for (const slot of slots) slot.doom(null);
  }

  /** @param but chats that are not looked at */
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

/** Long enough for something to be seen of the turn before it ends: what the tool does. */
const SLOW = 'use:time slow:1200';

describe('A kill -9 while a private chat sees a draft of the answer', () => {
  const scene = new Scene(91_000_000);
  beforeAll(() => scene.open(previewKillPoints, { AGENT_STREAMING: 'draft' }), LIMIT_MS);
  afterAll(() => scene.close());

  it.each(previewKillPoints.map((point, index) => ({ ...point, index })))(
    'happens $name, and the answer comes as a message of its own',
    { timeout: LIMIT_MS },
    async ({ index, ...point }) => {
      await scene.sayToDeath(point, index, 0, SLOW);
      await scene.answered(index, 0);
      // Whatever died in between, all that was shown before the answer was a draft, and is gone.
      const others = scene.shown(index).filter((text) => text !== `heard q0c${index}n0z`);
      expect(others).toEqual([]);
      await eventually(() => expect(scene.running.telegram.draftOf(scene.chat(index))).toBeNull());
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    async () => {
      expect(await scene.violations()).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('A kill -9 while a chat sees a message that is edited', () => {
  const scene = new Scene(93_000_000);
  beforeAll(() => scene.open(messageKillPoints, {}), LIMIT_MS);
  afterAll(() => scene.close());

  it.each(messageKillPoints.map((point, index) => ({ ...point, index })))(
    'happens $name, and the answer is there once',
    { timeout: LIMIT_MS },
    async ({ index, ...point }) => {
      await scene.sayToDeath(point, index, 0, SLOW);
      await scene.answered(index, 0);
      const unknown = point.name === MESSAGE_UNKNOWN ? [expect.stringMatching(/current_time/)] : [];
      expect(scene.shown(index)).toEqual([...unknown, `heard q0c${index}n0z`]);
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    async () => {
      expect(await scene.violations()).toEqual([]);
    },
    LIMIT_MS,
  );
});

describe('A kill -9 while a chat that was told to wait gets its answer', () => {
  const scene = new Scene(92_000_000);
  const shorter: Edit = {
    file: 'agent/waiting/wait-notices.js',
    find: /WORTH_TELLING_MS = [\d_]+/,
    put: 'WORTH_TELLING_MS = 1',
  };
  const limit = { CHAT_WAIT_NOTICE: 'true', CHAT_RATE_LIMIT: '1', CHAT_RATE_PERIOD_MS: '6000' };
  beforeAll(() => scene.open(noticeKillPoints, limit, [shorter]), LIMIT_MS);
  afterAll(() => scene.close());

  it.each(noticeKillPoints.map((point, index) => ({ ...point, index })))(
    'happens $name, and the notice becomes the answer',
    { timeout: LIMIT_MS },
    async ({ index, ...point }) => {
      await scene.say(index, 0, '');
      await scene.answered(index, 0);
      await scene.settled(index);
      await scene.sayToDeath(point, index, 1, SLOW);
      await scene.answered(index, 1);
      const answers = [0, 1].map((n) => `heard q0c${index}n${n}z`);
      const notice = expect.stringMatching(/^You have written more/);
      // Nobody learned which message it is: it stays as it was, and the answer is one of its own.
      const unknown = point.name === NOTICE_UNKNOWN ? [notice] : [];
      expect(scene.shown(index)).toEqual([...answers.slice(0, 1), ...unknown, ...answers.slice(1)]);
    },
  );

  it(
    'loses nothing, repeats no finished step, and sends twice only what is uncertain',
    async () => {
      const unknown = noticeKillPoints.findIndex(({ name }) => name === NOTICE_UNKNOWN);
      expect(await scene.violations([scene.chat(unknown)])).toEqual([]);
    },
    LIMIT_MS,
  );
});
