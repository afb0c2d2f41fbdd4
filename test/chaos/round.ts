import { eventually } from '../support/eventually.js';
import type { Cluster } from './cluster.js';
import { injectAll, type Injected } from './faults.js';
import type { Evidence, Violation } from './evidence.js';
import { type Figures, judge } from './oracle.js';
import { openWork, readRecords } from './records.js';
import { scheduleOf, trafficOf } from './schedule.js';
import { Sender, type Sent } from './sender.js';

/** What is seen when the dust has settled. */
export interface Conclusion {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  /** From the last fault until nothing was left to do. */
  readonly settledMs: number;
}

/** What became of a seed. */
export interface Round extends Conclusion {
  readonly seed: number;
  readonly injected: Injected;
  /** Tries of the sender that were not answered 2xx. */
  readonly refused: number;
}

/** Runs a seed: its messages and its faults, then patience, then the oracle. */
export async function runRound(cluster: Cluster, seed: number): Promise<Round> {
  const { pace, backend } = cluster;
  const before = accountOf(cluster);
  const sender = new Sender(cluster);
  const [sent, injected] = await Promise.all([
    sender.send(trafficOf(seed, pace)),
    injectAll(cluster, scheduleOf(seed, backend, pace)),
  ]);
  const { violations, ...rest } = await conclude(cluster, sent);
  const account = accountOf(cluster).filter((what) => !before.includes(what));
  return {
    seed,
    injected,
    refused: sender.refused,
    ...rest,
    violations: [...violations, ...account.map((what) => ({ promise: 'record' as const, what }))],
  };
}

/** Ends all faults, waits until nothing is left to do, and asks the oracle. */
export async function conclude(cluster: Cluster, sent: readonly Sent[]): Promise<Conclusion> {
  const over = Date.now();
  await cluster.heal();
  const chats = [...new Set(sent.map(({ chat }) => chat))];
  const unfinished = await settle(cluster, chats);
  const settledMs = Date.now() - over;
  const { violations, figures } = judge(await gather(cluster, sent, chats));
  const lost = unfinished.map((what) => ({ promise: 'lost' as const, what: `unfinished: ${what}` }));
  return { violations: [...lost, ...violations], figures, settledMs };
}

/** Waits until nothing is left to do. @returns what is left when patience is at its end */
async function settle(cluster: Cluster, chats: readonly number[]): Promise<string[]> {
  let open: string[] = [];
  try {
    await eventually(
      async () => {
        open = await openWork(cluster.postgres, chats);
        if (open.length > 0) throw new Error('unfinished');
      },
      { withinMs: cluster.pace.settledWithinMs },
    );
  } catch {
    return open;
  }
  return [];
}

async function gather(cluster: Cluster, sent: readonly Sent[], chats: readonly number[]): Promise<Evidence> {
  const { telegram, road, model, slots, postgres, strikes, pace } = cluster;
  const tokens = new Set(sent.map(({ token }) => token));
  const updates = sent.map(({ updateId }) => updateId);
  return {
    sent,
    terms: new Map(),
    records: await readRecords(postgres, chats, updates),
    shown: chats.flatMap((chat) => telegram.messagesOf(chat).map((message) => ({ chat, ...message }))),
    calls: road.calls.filter(({ chat }) => chats.includes(chat)),
    requests: model.requests.filter((request) => request.tokens.some((token) => tokens.has(token))),
    loggedSteps: slots.flatMap(({ steps }) => steps),
    strikes,
    leaseTtlMs: pace.leaseTtlMs,
    turnTimeoutMs: pace.turnTimeoutMs,
  };
}

/** What must not happen whatever goes wrong around a process. */
const accountOf = ({ slots, model }: Cluster): string[] => [
  ...slots.flatMap(({ deaths }) => deaths),
  ...model.problems,
];
