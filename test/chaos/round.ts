import { eventually } from '../support/eventually.js';
import type { Cluster } from './cluster.js';
import { injectAll, type Injected } from './faults.js';
import { type Evidence, type Figures, judge, type Violation } from './oracle.js';
import { openWork, readRecords } from './records.js';
import { scheduleOf, trafficOf } from './schedule.js';
import { Sender, type Sent } from './sender.js';

/** What became of a seed. */
export interface Round {
  readonly seed: number;
  readonly injected: Injected;
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  /** Tries of the sender that were not answered 2xx. */
  readonly refused: number;
  /** From the last fault until nothing was left to do. */
  readonly settledMs: number;
}

/** Runs a seed: its messages and its faults, then patience, then the oracle. */
export async function runRound(cluster: Cluster, seed: number): Promise<Round> {
  const { pace, backend } = cluster;
  const before = accountOf(cluster);
  const traffic = trafficOf(seed, pace);
  const sender = new Sender(cluster);
  const [sent, injected] = await Promise.all([
    sender.send(traffic),
    injectAll(cluster, scheduleOf(seed, backend, pace)),
  ]);
  const over = Date.now();
  await cluster.heal();
  const chats = traffic.flatMap(([first]) => (first ? [first.chat] : []));
  const unfinished = await settle(cluster, chats);
  const settledMs = Date.now() - over;
  const { violations, figures } = judge(await gather(cluster, sent, chats, injected));
  const after = accountOf(cluster);
  return {
    seed,
    injected,
    figures,
    refused: sender.refused,
    settledMs,
    violations: [
      ...unfinished.map((what) => ({ promise: 'lost' as const, what: `unfinished: ${what}` })),
      ...violations,
      ...after.filter((what) => !before.includes(what)).map((what) => ({ promise: 'record' as const, what })),
    ],
  };
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

async function gather(
  cluster: Cluster,
  sent: readonly Sent[],
  chats: readonly number[],
  injected: Injected,
): Promise<Evidence> {
  const { telegram, model, slots, postgres, pace } = cluster;
  const tokens = new Set(sent.map(({ token }) => token));
  const breaksDatabase = ['postgres-fast', 'postgres-immediate', 'connections-cut', 'deadlock'] as const;
  return {
    sent,
    records: await readRecords(postgres, chats),
    shown: telegram
      .callsOf('sendMessage')
      .filter(({ accepted }) => accepted)
      .map(({ params }) => ({ chat: Number(params['chat_id']), text: String(params['text']) }))
      .filter(({ chat }) => chats.includes(chat)),
    requests: model.requests.filter((request) => request.tokens.some((token) => tokens.has(token))),
    loggedSteps: slots.flatMap(({ steps }) => steps),
    suspensions: slots.flatMap(({ suspensions }) => suspensions),
    disturbed: new Set(slots.flatMap(({ disturbed }) => [...disturbed])),
    databaseDisturbed: breaksDatabase.some((kind) => injected[kind]),
    leaseTtlMs: pace.leaseTtlMs,
  };
}

/** What must not happen whatever goes wrong around a process. */
const accountOf = ({ slots, model }: Cluster): string[] => [
  ...slots.flatMap(({ deaths }) => deaths),
  ...model.problems,
];
