import type { ModelRequest } from '../chaos-model.js';
import { type ChatView, type Evidence, requestsAbout, violation, type Violation } from '../evidence.js';
import { strikes } from '../strikes.js';

/** Tries after which a turn whose model fails is given up: `MAX_ATTEMPTS` of the product. */
const TRIES = 5;
/** A turn that had less than this share of its time may have run out of it. */
const SHARE_LEFT = 0.7;

/** **dead**: a turn is given up only for faults of its own calls, as many as that takes. */
export function judgeDeadTurns(view: ChatView): Violation[] {
  const { turns, all, tokensOfTurn } = view;
  return turns
    .filter(({ state }) => state === 'failed')
    .flatMap(({ id, errorCode }) => {
      const own = tokensOfTurn.get(id) ?? [];
      const letter = all.records.deadLetters.find(({ subjectId }) => subjectId === id);
      if (letter?.reason !== errorCode)
        return violation('record', `turn ${id} is ${errorCode}, its letter ${letter?.reason}`);
      const requests = requestsAbout(view, own);
      const failed = requests.filter((request) => hasFailed(request, all)).length;
      const why = `${errorCode} after ${failed} failed calls of ${requests.length}`;
      if (errorCode?.startsWith('MODEL') && failed >= TRIES) return [];
      if (
        errorCode === 'TURN_TIMEOUT' &&
        (requests.some(({ fault }) => fault === 'hang') || wasHindered(view, own))
      )
        return [];
      return violation('dead', `turn ${id} of ${own.join(' ')}: ${why}`);
    });
}

/** A fault hit the call, or its caller while it waited. A call that its caller aborts is not excused. */
function hasFailed({ answeredAt, fault, caller, arrivedAt }: ModelRequest, all: Evidence): boolean {
  if (fault !== null) return true;
  if (answeredAt !== null) return false;
  return all.strikes.some((strike) => strikes(strike, caller, arrivedAt, arrivedAt + all.turnTimeoutMs));
}

/** Faults took so much of the turn's time, since its messages came, that it may have run out of it. */
function wasHindered(view: ChatView, own: readonly string[]): boolean {
  const { sent, all } = view;
  const since = Math.min(
    ...sent.filter(({ token }) => own.includes(token)).map(({ acceptedAt }) => acceptedAt),
  );
  // The process of a turn without model calls is unknown.
  const callers = new Set(requestsAbout(view, own).map(({ caller }) => caller));
  const hadIt = (caller: string) => (callers.size === 0 ? !caller.startsWith('web') : callers.has(caller));
  const hindering = all.strikes
    .filter(({ kind, caller }) => kind !== 'death' && (caller === null || hadIt(caller)))
    .map(({ from, until }) => ({ from: Math.max(from, since), until }));
  return msWithin(hindering) >= all.turnTimeoutMs * (1 - SHARE_LEFT);
}

/** The time during which at least one of them lasted. */
function msWithin(spans: readonly { readonly from: number; readonly until: number }[]): number {
  let [ms, end] = [0, Number.NEGATIVE_INFINITY];
  for (const { from, until } of spans.toSorted((one, other) => one.from - other.from)) {
    ms += Math.max(0, until - Math.max(from, end));
    end = Math.max(end, until);
  }
  return ms;
}
