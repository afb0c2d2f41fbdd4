import { eventually } from '../support/eventually.js';
import type { AnyCluster, Cluster } from './cluster.js';
import { type Accepted, chatViews, type Evidence, type Violation } from './evidence.js';
import { injectAll, type Injected } from './faults.js';
import { approvals } from './features/approvals.js';
import type { Feature, Script } from './features/feature.js';
import { groupBy } from './group-by.js';
import { type Figures, judge } from './oracle.js';
import { Presser } from './presser.js';
import { openWork, readRecords } from './records.js';
import { type FaultKind, scheduleOf } from './schedule.js';
import { type Played, Sender } from './sender.js';
import { trafficOf } from './traffic.js';

/** The evidence after everything has settled. */
export interface Conclusion {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
  /** From the last fault until no work was left. */
  readonly settledMs: number;
}

/** The result of a seed. */
export interface Round extends Conclusion {
  readonly seed: number;
  readonly injected: Injected;
  /** How many chats had which traffic. */
  readonly features: Readonly<Record<string, number>>;
  /** Tries of the sender that were not answered 2xx. */
  readonly refused: number;
}

/** The choices of a seed; a missing list means all. */
export interface Draw {
  readonly features?: readonly Feature[];
  readonly kinds?: readonly FaultKind[];
}

/** Runs a seed: its traffic and its faults, then a wait, then the oracle. */
export async function runRound(
  cluster: Cluster,
  seed: number,
  { features, kinds }: Draw = {},
): Promise<Round> {
  const { pace, backend } = cluster;
  const before = accountOf(cluster);
  const scripts = trafficOf(seed, pace, features);
  const sender = new Sender(cluster);
  const presser = new Presser(
    cluster,
    sender,
    scripts.flatMap(({ chat, feature }) => (feature === approvals ? [chat] : [])),
  );
  const pressing = presser.run();
  const [played, injected] = await Promise.all([
    sender.play(scripts),
    injectAll(cluster, scheduleOf(seed, backend, pace, kinds)),
  ]);
  const { violations, ...rest } = await conclude(cluster, scripts, played);
  presser.stop();
  await pressing;
  const account = accountOf(cluster).filter((what) => !before.includes(what));
  return {
    seed,
    injected,
    features: countBy(scripts.map(({ feature }) => feature.name)),
    refused: sender.refused,
    ...rest,
    violations: [...violations, ...account.map((what) => ({ promise: 'record' as const, what }))],
  };
}

/**
 * Ends all faults, waits until no work is left, and asks the oracle.
 * @param may messages that the database may have lost: all promises hold for the others, and for those that it still
 * has
 */
export async function conclude(
  cluster: AnyCluster,
  scripts: readonly Script[],
  played: readonly Played[],
  may: { readonly lose?: (message: Accepted) => boolean } = {},
): Promise<Conclusion> {
  const over = Date.now();
  await cluster.heal();
  const places = placesOf(scripts);
  const unfinished = await settle(cluster, [...places.keys()]);
  const settledMs = Date.now() - over;
  const evidence = withoutLost(await gather(cluster, scripts, played, places), may.lose);
  const { violations, figures } = judge(evidence);
  const particular = chatViews(evidence).flatMap(
    (view) => scripts.find(({ chat }) => chat === view.chat)?.feature.judge(view) ?? [],
  );
  const lost = unfinished.map((what) => ({ promise: 'lost' as const, what: `unfinished: ${what}` }));
  return { violations: [...lost, ...violations, ...particular], figures, settledMs };
}

function withoutLost(evidence: Evidence, mayLose: (message: Accepted) => boolean = () => false): Evidence {
  const there = new Set(evidence.records.events.map(({ updateId }) => updateId));
  const kept = evidence.sent.filter((message) => there.has(message.updateId) || !mayLose(message));
  return { ...evidence, sent: kept };
}

/** The chat of each of its ids. */
function placesOf(scripts: readonly Script[]): ReadonlyMap<number, number> {
  return new Map(
    scripts.flatMap(({ chat, actions }) => [
      [chat, chat] as const,
      ...actions.flatMap((action) => (action.kind === 'move' ? [[action.to, chat] as const] : [])),
    ]),
  );
}

/** Waits until no work is left. @returns the work left at the time limit */
async function settle(cluster: AnyCluster, places: readonly number[]): Promise<string[]> {
  let open: string[] = [];
  try {
    await eventually(
      async () => {
        open = await openWork(cluster.postgres, places);
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
  { telegram, proxy, model, processes, postgres, strikes, pace }: AnyCluster,
  scripts: readonly Script[],
  played: readonly Played[],
  places: ReadonlyMap<number, number>,
): Promise<Evidence> {
  const sent = played.flatMap((each) => each.sent);
  const tokens = new Set(sent.map(({ token }) => token));
  const terms = new Map(scripts.map(({ chat, feature, actions }) => [chat, feature.terms(actions)]));
  const erased = [...terms.values()].flatMap((each) => [...each.erased]);
  const updates = sent.map(({ updateId }) => updateId);
  const home = <Row extends { readonly chat: number }>(row: Row): Row => ({
    ...row,
    chat: places.get(row.chat) ?? row.chat,
  });
  const records = await readRecords(postgres, [...places.keys()], updates, erased);
  return {
    sent,
    terms,
    records: {
      ...records,
      turns: records.turns.map(home),
      messages: records.messages.map(home),
      replies: records.replies.map(home),
      schedules: records.schedules.map(home),
      facts: records.facts.map(home),
      approvals: records.approvals.map(home),
      budgets: records.budgets.map(home),
    },
    shown: [...places].flatMap(([place, chat]) =>
      telegram.messagesOf(place).map((message) => ({ ...message, chat, place })),
    ),
    calls: proxy.calls.filter(({ chat }) => places.has(chat)).map(home),
    requests: model.requests.filter((request) => request.tokens.some((token) => tokens.has(token))),
    loggedSteps: processes.flatMap(({ steps }) => steps),
    erasedAt: new Map(
      played.flatMap(({ erasedAt }, index) => {
        const script = scripts[index];
        return script && erasedAt !== null ? [[script.chat, erasedAt] as const] : [];
      }),
    ),
    strikes,
    leaseTtlMs: pace.leaseTtlMs,
    turnTimeoutMs: pace.turnTimeoutMs,
  };
}

/** Faults that must not happen, whatever the surroundings do. */
const accountOf = ({ processes, model }: AnyCluster): string[] => [
  ...processes.flatMap(({ deaths }) => deaths),
  ...model.problems,
];

function countBy(names: readonly string[]): Readonly<Record<string, number>> {
  return Object.fromEntries([...groupBy(names, (name) => name)].map(([name, all]) => [name, all.length]));
}
