import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { type ChildApp, startChildApp } from '../support/child-app.js';
import { eventually } from '../support/eventually.js';
import { Seeded } from './seeded.js';

const RUNS = Number(process.env.CHAOS_COALESCING_RUNS ?? 1);
const FIRST_SEED = Number(process.env.CHAOS_SEED ?? 1);
const WEBHOOKS = 5_000;
const SENDERS = 16;
const KILLS = 4;
const TOKEN = 'a-token-of-the-source';
const patience = { withinMs: 120_000 };

type Role = 'web' | 'worker';

/**
 * A burst of webhooks that a trigger gathers, while the process that receives them and the one that works are killed: in
 * the middle of a window, and when it is about to be told.
 */
describeOnEachBackend(`${WEBHOOKS} webhooks in windows, ${KILLS} kills`, (backend) => {
  let world: World;
  const processes = new Map<Role, ChildApp>();

  const start = async (role: Role) => {
    processes.set(role, await startChildApp(world.env({ APP_ROLE: role })));
  };
  let restarted = Promise.resolve();
  /** One after the other: there is one process of each role. */
  const restart = (role: Role): Promise<void> => {
    const after = async (former: Promise<void>) => {
      await former;
      await processes.get(role)?.kill();
      await start(role);
    };
    restarted = after(restarted);
    return restarted;
  };
  const call = async (path: string, body: object, key: string) =>
    await fetch(`${processes.get('web')?.url}/${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    world = await World.prepare(backend, { WORKER_CONCURRENCY: '2' });
    await Promise.all([start('web'), start('worker')]);
    const source = { name: 'alerts', preset: 'bearer', secrets: [TOKEN], idFrom: 'body:id' };
    expect((await call('admin/sources', source, 'an-admin-key-of-the-tests')).status).toBe(201);
    world.model.script('Alert-', { text: 'Noted.' });
  });
  afterAll(async () => {
    await Promise.all([...processes.values()].map((one) => one.kill()));
    await world.stop();
  });

  /** Sends one until it is acknowledged, as a provider does. */
  async function send(webhook: object): Promise<void> {
    await eventually(async () => {
      const answer = await call('webhook/alerts', webhook, TOKEN);
      if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
    }, patience);
  }

  async function burst(run: number, random: Seeded): Promise<void> {
    const left = Array.from({ length: WEBHOOKS }, (_, n) => ({ id: `${run}-${n}`, run, n, key: n % 3 }));
    const killsAt = new Set(Array.from({ length: KILLS - 1 }, () => random.int(100, WEBHOOKS - 100)));
    const kills: Promise<void>[] = [];
    const sender = async () => {
      for (let next = left.shift(); next; next = left.shift()) {
        await send(next);
        if (killsAt.delete(left.length)) kills.push(restart(random.pick(['web', 'worker'])));
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
    await Promise.all(kills);
    // The last one meets the windows when their time is over.
    await restart('worker');
  }

  /** The numbers of the webhooks that each message of the history tells of. */
  async function told(run: number): Promise<number[][]> {
    const rows = await world.sql<{ text: string }>(
      `SELECT m.text FROM messages m JOIN conversations c ON c.id = m.conversation_id
       WHERE c.channel = 'console' AND m.role = 'user' AND m.text LIKE '%Alert-' || $1 || '-%'`,
      [String(run)],
    );
    const alert = new RegExp(`Alert-${run}-(\\d+)\\.`, 'g');
    return rows.map(({ text }) => [...text.matchAll(alert)].map(([, n]) => Number(n)));
  }

  it.each(Array.from({ length: RUNS }, (_, index) => FIRST_SEED + index))(
    'tells of each in exactly one turn: seed %d',
    { timeout: 600_000 },
    async (seed) => {
      const random = new Seeded(seed);
      const coalesce = {
        quietMs: random.pick([300, 1_000]),
        maxWaitMs: random.pick([1_500, 5_000]),
        maxEvents: random.pick([50, 700, 10_000]),
      };
      const trigger = {
        name: `run-${seed}`,
        source: 'alerts',
        filter: `payload.run == ${seed}`,
        key: 'payload.key',
        prompt: 'Alert-{{payload.run}}-{{payload.n}}.',
        target: { own: true },
        coalesce,
      };
      expect((await call('admin/triggers', trigger, 'an-admin-key-of-the-tests')).status).toBe(201);
      await burst(seed, random);
      await eventually(async () => {
        const [open] = await world.sql<{ count: number }>(
          `SELECT (SELECT count(*) FROM events WHERE state IN ('waiting', 'claimed'))
             + (SELECT count(*) FROM coalescing_windows) AS count`,
        );
        expect(Number(open?.count)).toBe(0);
      }, patience);
      const messages = await told(seed);
      const numbers = messages.flat();
      expect(numbers.length).toBe(WEBHOOKS);
      expect(new Set(numbers).size).toBe(WEBHOOKS);
      for (const message of messages) {
        const [first = 0] = message;
        expect(message.every((n) => n % 3 === first % 3)).toBe(true);
        expect(message.length).toBeLessThanOrEqual(coalesce.maxEvents);
      }
      const [turns] = await world.sql<{ events: number; turns: number; failed: number }>(
        `SELECT count(e.id)::int AS events, count(t.id)::int AS turns,
                count(*) FILTER (WHERE t.state <> 'done')::int AS failed
         FROM events e LEFT JOIN turns t ON t.id = e.turn_id WHERE e.source = 'trigger'
           AND e.payload ->> 'trigger' = $1`,
        [`run-${seed}`],
      );
      expect(turns).toEqual({ events: messages.length, turns: messages.length, failed: 0 });
      const [outcomes] = await world.sql<{ told: number }>(
        `SELECT count(*)::int AS told FROM trigger_outcomes o JOIN triggers t ON t.id = o.trigger_id
         WHERE t.name = $1 AND o.result = 'accepted' AND o.code = 'COALESCED' AND o.message_event_id IS NOT NULL`,
        [`run-${seed}`],
      );
      expect(outcomes?.told).toBe(WEBHOOKS);
    },
  );
});
