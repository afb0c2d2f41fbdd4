import type { ModelRequest } from '../chaos-model.js';
import { type ChatView, type Evidence, requestsAbout, violation, type Violation } from '../evidence.js';
import { groupBy } from '../group-by.js';
import { isForgotten, type Strike, unexplained } from '../strikes.js';

/** A finished call becomes a step at once: later faults of its process do not affect it. */
const COMMITTED_WITHIN_MS = 1_500;

/** **repeated**: the promises about model calls and tool calls. */
export function judgeSteps(view: ChatView): Violation[] {
  return [...view.tokensOfTurn.keys()].flatMap((turnId) => judgeTurn(view, turnId));
}

function judgeTurn(view: ChatView, turnId: string): Violation[] {
  const { all, terms, tokensOfTurn, messageOf } = view;
  const own = tokensOfTurn.get(turnId) ?? [];
  const requests = requestsOf(view, own);
  const steps = new Map(
    all.records.steps.filter((step) => step.turnId === turnId).map((step) => [step.index, step]),
  );
  const strange =
    terms.mode === 'queue' && terms.movesAt === null
      ? requests.filter(({ tokens }) => tokens.map(messageOf).join(' ') !== own.join(' '))
      : [];
  const byIndex = groupBy(requests, (request) =>
    terms.mode === 'steer' ? request.sinceAnswer : request.index,
  );
  const calls = [...byIndex].flatMap(([index, asked]) => {
    const committedAt = steps.get(index)?.committedAt ?? Number.POSITIVE_INFINITY;
    return judgeCalls(view, `${turnId} ${index}`, asked, committedAt);
  });
  return [
    ...strange.flatMap(({ tokens }) =>
      violation('record', `turn ${turnId} of ${own.join(' ')} asked about ${tokens.join(' ')}`),
    ),
    ...calls,
    ...judgeTools(view, turnId, requests),
  ];
}

/**
 * In the mode `interrupt`, and when two conversations merge, a request belongs to the turn whose message is last in it.
 */
function requestsOf(view: ChatView, own: readonly string[]): readonly ModelRequest[] {
  const about = requestsAbout(view, own);
  if (view.terms.mode !== 'interrupt' && view.terms.movesAt === null) return about;
  return about.filter(({ tokens }) => own.includes(tokens.at(-1) ?? ''));
}

function judgeCalls(
  { all, terms, turns }: ChatView,
  key: string,
  calls: readonly ModelRequest[],
  committedAt: number,
): Violation[] {
  const repeated = calls.filter((call) => call.arrivedAt > committedAt && !wasPaused(all, call, committedAt));
  const answered = calls.filter(({ answeredAt }) => answeredAt !== null);
  // One of them became the step; each other one was lost to a fault of its own, between its answer and the commit.
  const wasted = unexplained(answered, all.strikes, (call, strike) => cameBetween(all, call, strike)).length;
  const spare = answered.length > 0 ? 1 : 0;
  // A chat migration revokes the lease of the one of two turns that has to continue elsewhere; a message that
  // interrupts takes the answer of the turn that it ends.
  const moved = terms.movesAt === null ? 0 : 1;
  const interrupted =
    terms.mode === 'interrupt' ? turns.filter(({ state }) => state === 'cancelled').length : 0;
  return [
    ...repeated.flatMap(({ caller }) =>
      violation('repeated', `${caller} asked for step ${key} after it was finished`),
    ),
    ...(wasted > spare + moved + interrupted
      ? violation('repeated', `step ${key}: ${wasted} answers that nothing took away`)
      : []),
  ];
}

/** A process that could not run, or not reach the database, notices late that it lost its turn. */
function wasPaused({ strikes, leaseTtlMs }: Evidence, call: ModelRequest, finishedAt: number): boolean {
  return strikes.some(
    ({ kind, caller, from, until }) =>
      kind === 'pause' && caller === call.caller && from < finishedAt && call.arrivedAt < until + leaseTtlMs,
  );
}

function cameBetween(
  { leaseTtlMs }: Evidence,
  { caller, arrivedAt, answeredAt }: ModelRequest,
  strike: Strike,
): boolean {
  if (answeredAt === null || (strike.caller !== null && strike.caller !== caller)) return false;
  const until = strike.until + (strike.kind === 'pause' ? leaseTtlMs : 0);
  return strike.from <= answeredAt + COMMITTED_WITHIN_MS && until >= arrivedAt;
}

function judgeTools(
  { terms, turns, all: { records, loggedSteps, strikes } }: ChatView,
  turnId: string,
  requests: readonly ModelRequest[],
): Violation[] {
  const finished = groupBy(
    loggedSteps.filter((step) => step.turnId === turnId && !isForgotten(strikes, step.at)),
    ({ index }) => index,
  );
  const several = [...finished]
    .filter(([, times]) => times.length > 1)
    .flatMap(([index, times]) =>
      violation('repeated', `step ${turnId} ${index} was finished ${times.length} times`),
    );
  // A turn that interrupted others continues with their results.
  const interrupted = terms.mode === 'interrupt' ? turns.filter(({ state }) => state === 'cancelled') : [];
  const known = new Set([turnId, ...interrupted.map(({ id }) => id)]);
  const kept = records.steps
    .filter((step) => known.has(step.turnId) && step.kind === 'tool')
    .map(({ output }) => output);
  const shown = requests
    .filter(({ arrivedAt }) => !isForgotten(strikes, arrivedAt))
    .filter(({ toolResults }) => !isKept(toolResults, kept))
    .flatMap(({ toolResults }) =>
      violation('repeated', `turn ${turnId} showed ${toolResults.join(', ')}, kept ${kept.join(', ')}`),
    );
  return [...several, ...shown];
}

/** In its order. In the mode `steer` it begins behind the message that joined last. */
const isKept = (shown: readonly string[], kept: readonly (string | null)[]): boolean =>
  shown.length === 0 ||
  kept.some((_, from) => shown.join('\n') === kept.slice(from, from + shown.length).join('\n'));
