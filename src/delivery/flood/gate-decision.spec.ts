import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ask, type BotSent, decideGate, type FloodLimits, type Sent } from './gate-decision.js';

const limits: FloodLimits = {
  bot: [{ limit: 30, periodMs: 1_100 }],
  chat: [
    { limit: 3, periodMs: 3_200 },
    { limit: 20, periodMs: 60_200 },
  ],
};
const START = 1_000_000;
const interactive: Ask = { class: 'interactive', inLine: false };
const quiet: Sent = { hits: [], pausedUntil: 0 };
const quietBot: BotSent = { ...quiet, lines: { interactive: [], background: [] } };

/** Asks for one chat and its bot as the gate does, carrying the state from one call to the next. */
class Gate {
  readonly chats = new Map<number, Sent>();
  bot = quietBot;

  constructor(private readonly used = limits) {}

  /** @returns milliseconds to wait */
  ask(chat: number, ask: Ask, now: number): number {
    const decision = decideGate(this.chats.get(chat) ?? quiet, this.bot, ask, this.used, now);
    this.bot = decision.bot;
    if (decision.kind === 'later') return decision.at - now;
    this.chats.set(chat, decision.chat);
    return 0;
  }
}

/** The most hits in any window. */
function fullest(hits: readonly number[], periodMs: number): number {
  return Math.max(
    0,
    ...hits.map((hit) => hits.filter((other) => other > hit - periodMs && other <= hit).length),
  );
}

interface Passed {
  readonly chat: number;
  readonly at: number;
  readonly ask: Ask;
}

/** Every sender comes on time, and again at the time it is given, until all have passed. */
function runAll(
  gate: Gate,
  arrivals: readonly { readonly chat: number; readonly at: number; readonly ask: Ask }[],
) {
  const waiting = arrivals.map((arrival) => ({ ...arrival }));
  const passed: Passed[] = [];
  let asked = 0;
  while (waiting.length > 0) {
    waiting.sort((one, other) => one.at - other.at);
    const next = waiting.shift();
    if (!next) break;
    asked += 1;
    const waitMs = gate.ask(next.chat, next.ask, next.at);
    if (waitMs === 0) passed.push(next);
    else waiting.push({ ...next, at: next.at + waitMs, ask: { ...next.ask, inLine: true } });
  }
  return { passed, asked };
}

const arrival = fc.record({
  chat: fc.integer({ min: 1, max: 12 }),
  at: fc.integer({ min: 0, max: 10_000 }).map((ms) => START + ms),
  ask: fc.record({
    class: fc.constantFrom('interactive' as const, 'background' as const, 'draft' as const),
    inLine: fc.constant(false),
  }),
});

describe('decideGate', () => {
  it('keeps every window within its limit, whoever asks when, and passes every sender in the end', () => {
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 150 }), (arrivals) => {
        const { passed } = runAll(new Gate(), arrivals);
        expect(passed).toHaveLength(arrivals.length);
        expect(
          fullest(
            passed.map(({ at }) => at),
            1_100,
          ),
        ).toBeLessThanOrEqual(30);
        for (const chat of new Set(passed.map((one) => one.chat))) {
          const hits = passed.filter((one) => one.chat === chat).map(({ at }) => at);
          expect(fullest(hits, 3_200)).toBeLessThanOrEqual(3);
          expect(fullest(hits, 60_200)).toBeLessThanOrEqual(20);
        }
      }),
    );
  });

  it('delays no sender while no limit is near', () => {
    const arrivals = Array.from({ length: 30 }, (_, chat) => ({ chat, at: START, ask: interactive }));
    const { passed } = runAll(new Gate(), arrivals);
    expect(passed.every(({ at }) => at === START)).toBe(true);
  });

  it('keeps 200 messages to 50 chats and 5 groups within 1.2 times the limits’ minimum, with few calls', () => {
    const arrivals = Array.from({ length: 200 }, (_, n) => ({ chat: n % 55, at: START, ask: interactive }));
    const { passed, asked } = runAll(new Gate(), arrivals);
    const last = Math.max(...passed.map(({ at }) => at)) - START;
    // 30 a second: the last 20 of 200 go after 6 s.
    expect(last).toBeLessThanOrEqual(1.2 * 6_000);
    expect(asked).toBeLessThan(3 * 200);
  });

  it('passes interactive replies before background ones', () => {
    const background = { class: 'background' as const, inLine: false };
    const flood = Array.from({ length: 300 }, (_, n) => ({ chat: n, at: START, ask: background }));
    const people = Array.from({ length: 20 }, (_, n) => ({
      chat: 1_000 + n,
      at: START + 2_000,
      ask: interactive,
    }));
    const { passed } = runAll(new Gate(), [...flood, ...people]);
    const waits = passed.filter(({ chat }) => chat >= 1_000).map(({ at }) => at - START - 2_000);
    // Each takes the next place.
    expect(Math.max(...waits)).toBeLessThanOrEqual(600);
    const behind = passed.filter(({ chat, at }) => chat < 1_000 && at >= START + 2_000);
    expect(behind.length).toBeGreaterThan(200);
  });

  it('passes senders in the line before new ones', () => {
    const gate = new Gate();
    for (let chat = 0; chat < 30; chat += 1) gate.ask(chat, interactive, START);
    const toldFirst = gate.ask(100, interactive, START);
    const toldSecond = gate.ask(101, interactive, START);
    expect(toldFirst).toBe(1_100);
    expect(toldSecond).toBeGreaterThan(toldFirst);
    // Arrives when the first is due, and may not take its place.
    expect(gate.ask(102, interactive, START + 1_100)).toBeGreaterThan(0);
    expect(gate.ask(100, { ...interactive, inLine: true }, START + 1_100)).toBe(0);
  });

  it('keeps a pause that the channel asked for, of a chat and of the bot', () => {
    const paused: Sent = { hits: [], pausedUntil: START + 5_000 };
    expect(decideGate(paused, quietBot, interactive, limits, START)).toMatchObject({ at: START + 5_000 });
    const bot = { ...quietBot, pausedUntil: START + 7_000 };
    expect(decideGate(quiet, bot, interactive, limits, START)).toMatchObject({ at: START + 7_000 });
  });

  it('leaves room for replies behind drafts', () => {
    const gate = new Gate();
    const draft: Ask = { class: 'draft', inLine: false };
    expect(gate.ask(1, draft, START)).toBe(0);
    expect(gate.ask(1, draft, START + 10)).toBe(0);
    expect(gate.ask(1, draft, START + 20)).toBeGreaterThan(0);
    expect(gate.ask(1, interactive, START + 20)).toBe(0);
    for (let chat = 2; chat < 40; chat += 1) gate.ask(chat, interactive, START + 30);
    // One sender is in the line.
    expect(gate.ask(50, draft, START + 31)).toBeGreaterThan(0);
  });
});
