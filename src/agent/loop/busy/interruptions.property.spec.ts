import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { interruptedGroup, InterruptedWorker, somebody } from './interrupted-worker.fixture.js';

const LIMIT = 6;

type Act =
  | { readonly kind: 'say'; readonly who: 'let in' | 'blocked' | 'unknown'; readonly seen: boolean }
  | { readonly kind: 'begin' | 'look' | 'finish' | 'die' | 'reset' | 'reset handled' | 'window ends' };

const only = (kind: Exclude<Act['kind'], 'say'>): fc.Arbitrary<Act> => fc.constant({ kind });
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('say' as const),
        who: fc.constantFrom('let in' as const, 'let in' as const, 'blocked' as const, 'unknown' as const),
        seen: fc.boolean(),
      }),
    },
    { weight: 2, arbitrary: only('begin') },
    { weight: 2, arbitrary: only('look') },
    { weight: 1, arbitrary: only('finish') },
    { weight: 1, arbitrary: only('die') },
    { weight: 1, arbitrary: only('reset') },
    { weight: 1, arbitrary: only('reset handled') },
    { weight: 3, arbitrary: only('window ends') },
  ),
  { minLength: 16, maxLength: 30 },
);

let agent: AgentRoom;
let people: Record<'let in' | 'blocked' | 'unknown', number>;

beforeAll(async () => {
  agent = await AgentRoom.open({
    access: { mode: 'pairing' },
    limits: { limit: LIMIT },
    settings: { contextTokens: 1_000, systemPrompt: 'You are a double.' },
  });
  people = {
    'let in': await somebody(agent, 'let in'),
    blocked: await somebody(agent, 'blocked'),
    unknown: await somebody(agent, 'unknown'),
  };
});
afterAll(() => agent.close());

describe('A person with access, in the mode interrupt', () => {
  it('is answered, whatever others say, and whenever: by a request with every message of its epoch, and of no other', async () => {
    const decided = { interrupted: 0, none: 0, later: 0 };
    let said = 0;
    await fc.assert(
      fc.asyncProperty(acts, async (play) => {
        const worker = new InterruptedWorker(agent, await interruptedGroup(agent));
        const { id } = worker.conversation;
        const messages: { text: string; who: string; epoch: number }[] = [];
        let epoch = 0;
        const windowEnds = () => (agent.windows.now += agent.limits.periodMs);
        const act = async (one: Act): Promise<unknown> => {
          switch (one.kind) {
            case 'say': {
              const text = `<${(said += 1)}> ${'word '.repeat(said % 20)}`;
              messages.push({ text, who: one.who, epoch });
              await worker.say(text, people[one.who]);
              return one.seen ? await act({ kind: 'look' }) : null;
            }
            case 'begin':
              return worker.turn ?? (await worker.begin());
            case 'look': {
              if (!worker.turn) return await worker.begin();
              const seen = await worker.look();
              if (seen) decided[seen.kind] += 1;
              return;
            }
            case 'finish':
              return await worker.finish();
            case 'die':
              return worker.turn && (await worker.die());
            case 'reset':
            case 'reset handled':
              epoch += 1;
              await worker.say('/reset', people['let in']);
              return one.kind === 'reset' ? null : await agent.commands.handleWaiting(id, null);
            case 'window ends':
              return windowEnds();
          }
        };
        for (const one of play) await act(one);
        await agent.commands.handleWaiting(id, null);
        const left = () =>
          agent.room.prisma.event.count({
            where: { conversationId: id, state: { in: ['waiting', 'claimed'] } },
          });
        for (let round = 0; round <= messages.length && (await left()) > 0; round += 1) {
          windowEnds();
          await worker.drain();
        }
        for (const { text, who, epoch: of } of messages) {
          const requests = worker.answered.filter((request) => request.includes(text));
          if (who !== 'let in') expect(requests, text).toEqual([]);
          else expect(requests.length, `${text} in none of ${worker.answered.length}`).toBeGreaterThan(0);
          const others = messages.filter((other) => other.epoch !== of).map((other) => other.text);
          for (const request of requests)
            expect(others.filter((other) => request.includes(other))).toEqual([]);
        }
        expect(await left()).toBe(0);
      }),
      { numRuns: 30 },
    );
    // Else nothing was shown.
    expect(decided.interrupted).toBeGreaterThan(10);
    expect(decided.none).toBeGreaterThan(10);
    expect(decided.later).toBeGreaterThan(0);
  }, 300_000);
});
