import type { ModelRequest } from './chaos-model.js';
import type { Records } from './records.js';
import { tokensOf } from './schedule.js';
import type { Sent } from './sender.js';
import type { LoggedStep, Suspension } from './slot.js';

/** All that is known about a round from outside the product, when its dust has settled. */
export interface Evidence {
  /** Accepted messages; of a chat, in the order of acceptance. */
  readonly sent: readonly Sent[];
  readonly records: Records;
  /** What each chat shows in the end, in its order: of a message that was edited, its last text. */
  readonly shown: readonly { readonly chat: number; readonly text: string }[];
  readonly requests: readonly ModelRequest[];
  readonly loggedSteps: readonly LoggedStep[];
  readonly suspensions: readonly Suspension[];
  /** Processes that were killed, asked to end, or given another time in this round. */
  readonly disturbed: ReadonlySet<string>;
  /** The database was down, or had no room, or cut connections, or broke off transactions. */
  readonly databaseDisturbed: boolean;
  readonly leaseTtlMs: number;
}

export type PromiseName = 'lost' | 'order' | 'repeated' | 'twice' | 'record';

export interface Violation {
  readonly promise: PromiseName;
  readonly what: string;
}

export interface Figures {
  readonly messages: number;
  readonly turns: number;
  readonly deadTurns: number;
  /** Replies recorded `uncertain`, and how many of them were shown twice or not at all. */
  readonly uncertain: number;
  readonly extras: number;
  readonly unsaid: number;
  /** Model calls answered in full whose answer died with its process before it was a step. */
  readonly askedAgain: number;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/**
 * Judges a round by the promises. Pure.
 *
 * - **lost**: each accepted message is in one turn that is done, or in one that failed and has one dead letter.
 * - **order**: a chat's history, and the answers it shows, are in the order of acceptance. An uncertain answer may be
 *   late: the process that had it under way may have been suspended.
 * - **repeated**: a call is finished when its step is committed. After that instant nobody asks for it again, but a
 *   process that was suspended since before that instant: it may send what it was about to send until it finds out, at
 *   most for a lease's time. A call that was answered and is no step yet may be repeated only where something befell
 *   the process that got the answer, or the database.
 * - **twice**: an answer is shown once; one recorded `uncertain` at most twice.
 * - **record**: the records do not contradict each other.
 */
export function judge(evidence: Evidence): Verdict {
  const turnOf = turnsByToken(evidence);
  const violations = [
    ...judgeEvents(evidence),
    ...judgeHistory(evidence),
    ...judgeOrder(evidence),
    ...judgeReplies(evidence),
    ...judgeRequests(evidence, turnOf),
    ...judgeTools(evidence, turnOf),
  ];
  return { violations, figures: figuresOf(evidence) };
}

function judgeEvents({ sent, records }: Evidence): Violation[] {
  const events = groupBy(records.events, ({ updateId }) => updateId);
  const turns = new Map(records.turns.map((turn) => [turn.id, turn]));
  return sent.flatMap(({ token, updateId }) => {
    const [event, ...more] = events.get(updateId) ?? [];
    if (!event) return violation('lost', `${token}: accepted, and no event`);
    if (more.length > 0) return violation('twice', `${token}: ${more.length + 1} events`);
    const turn = turns.get(event.turnId ?? '');
    const letters = records.deadLetters.filter(({ subjectId }) => subjectId === turn?.id).length;
    const how = `event ${event.state}, turn ${turn?.state ?? 'none'}, dead letters ${letters}`;
    const done = event.state === 'done' && turn?.state === 'done' && letters === 0;
    const dead = event.state === 'dead' && turn?.state === 'failed' && letters === 1;
    return done || dead ? [] : violation('lost', `${token}: ${how}`);
  });
}

function judgeHistory({ sent, records }: Evidence): Violation[] {
  const answers = groupBy(
    records.messages.filter(({ role }) => role === 'assistant'),
    ({ turnId }) => turnId,
  );
  const several = records.turns.flatMap(({ id }) => {
    const count = answers.get(id)?.length ?? 0;
    return count === 1 ? [] : violation('twice', `turn ${id} has ${count} answers`);
  });
  const asked = groupBy(
    records.messages.filter(({ role }) => role === 'user'),
    ({ chat }) => chat,
  );
  const order = [...groupBy(sent, ({ chat }) => chat)].flatMap(([chat, messages]) => {
    const expected = messages.map(({ token }) => token).join(' ');
    const found = (asked.get(chat) ?? []).flatMap(({ text }) => tokensOf(text)).join(' ');
    return found === expected ? [] : violation('order', `history of ${chat}: ${found}; sent: ${expected}`);
  });
  return [...several, ...order];
}

function judgeOrder({ sent, shown, records }: Evidence): Violation[] {
  const late = new Set(
    records.replies.filter(({ state }) => state === 'uncertain').flatMap(({ text }) => tokensOf(text)),
  );
  const said = groupBy(shown, ({ chat }) => chat);
  return [...groupBy(sent, ({ chat }) => chat)].flatMap(([chat, messages]) => {
    const tokens = (said.get(chat) ?? []).flatMap(({ text }) => tokensOf(text));
    const first = [...new Set(tokens)].filter((token) => !late.has(token));
    const expected = messages.map(({ token }) => token).filter((token) => first.includes(token));
    return first.join(' ') === expected.join(' ')
      ? []
      : violation('order', `chat ${chat} shows ${first.join(' ')}`);
  });
}

/**
 * By chat and text, for apologies read alike: as many as replies, one more for each that is uncertain. That one may be
 * the draft whose fate was unknown when its reply was written: it stays as it was.
 */
function judgeReplies({ shown, records }: Evidence): Violation[] {
  const said = groupBy(shown, keyOfText);
  const replies = groupBy(records.replies, keyOfText);
  const uncertainOf = groupBy(
    records.replies.filter(({ state }) => state === 'uncertain'),
    ({ chat }) => chat,
  );
  const orphans = groupBy(
    shown.filter((message) => !replies.has(keyOfText(message))),
    ({ chat }) => chat,
  );
  const unknown = [...orphans]
    .filter(([chat, texts]) => texts.length > (uncertainOf.get(chat)?.length ?? 0))
    .flatMap(([chat, texts]) =>
      violation('twice', `shown, and no reply: ${texts.map(({ text }) => `${chat} ${text}`).join('; ')}`),
    );
  const counted = [...replies].flatMap(([key, rows]) => {
    const times = said.get(key)?.length ?? 0;
    const uncertain = rows.filter(({ state }) => state === 'uncertain').length;
    const states = rows.map(({ state }) => state).join(', ');
    if (times > rows.length + uncertain)
      return violation('twice', `shown ${times} times (${states}): ${key}`);
    if (times < rows.length - uncertain) return violation('lost', `shown ${times} times (${states}): ${key}`);
    return [];
  });
  const unsettled = records.replies
    .filter(({ state }) => state !== 'sent' && state !== 'uncertain')
    .flatMap(({ id, state }) => violation('record', `reply ${id} is ${state}`));
  const tokens = [
    ...groupBy(
      records.replies.flatMap(({ text }) => tokensOf(text)),
      (token) => token,
    ),
  ]
    .filter(([, replies]) => replies.length > 1)
    .flatMap(([token, replies]) => violation('twice', `${token} is in ${replies.length} replies`));
  return [...unknown, ...counted, ...unsettled, ...tokens];
}

function judgeRequests(evidence: Evidence, turnOf: ReadonlyMap<string, string>): Violation[] {
  const { requests, records } = evidence;
  const steps = new Map(records.steps.map((step) => [`${step.turnId} ${step.index}`, step]));
  const tokens = new Map<string, string[]>();
  for (const [token, turnId] of turnOf) tokens.set(turnId, [...(tokens.get(turnId) ?? []), token]);
  const bySteps = groupBy(requests, ({ tokens: [token = ''], index }) => `${turnOf.get(token)} ${index}`);
  return [...bySteps].flatMap(([key, calls]) => {
    const step = steps.get(key);
    const [turnId = ''] = key.split(' ');
    const strange = calls
      .filter((call) => call.tokens.join(' ') !== tokens.get(turnId)?.join(' '))
      .flatMap((call) => violation('record', `turn ${turnId} asked about ${call.tokens.join(' ')}`));
    const repeated = calls
      .filter(
        (call) =>
          step && call.arrivedAt > step.committedAt && !wasSuspended(evidence, call, step.committedAt),
      )
      .flatMap((call) => violation('repeated', `${call.caller} asked for step ${key} after it was finished`));
    const wasted = calls.filter((call) => call.answered && !befallen(evidence, call)).length;
    const waste = wasted > 1 ? violation('repeated', `step ${key}: ${wasted} undisturbed answers`) : [];
    return [...strange, ...repeated, ...waste];
  });
}

function judgeTools(evidence: Evidence, turnOf: ReadonlyMap<string, string>): Violation[] {
  const { records, requests, loggedSteps } = evidence;
  const ours = new Set(records.turns.map(({ id }) => id));
  const committed = groupBy(
    loggedSteps.filter(({ turnId }) => ours.has(turnId)),
    ({ turnId, index }) => `${turnId} ${index}`,
  );
  const several = [...committed]
    .filter(([, times]) => times.length > 1)
    .flatMap(([key, times]) => violation('repeated', `step ${key} was finished ${times.length} times`));
  const outputs = groupBy(
    records.steps.filter(({ kind }) => kind === 'tool'),
    ({ turnId }) => turnId,
  );
  const told = requests.flatMap(({ tokens: [token = ''], toolResults }) => {
    const turnId = turnOf.get(token) ?? '';
    const kept = (outputs.get(turnId) ?? []).map(({ output }) => output);
    return toolResults.join('\n') === kept.slice(0, toolResults.length).join('\n')
      ? []
      : violation('repeated', `turn ${turnId} told ${toolResults.join(', ')}, kept ${kept.join(', ')}`);
  });
  return [...several, ...told];
}

function wasSuspended(
  { suspensions, leaseTtlMs }: Evidence,
  call: ModelRequest,
  finishedAt: number,
): boolean {
  return suspensions.some(
    ({ caller, from, until }) =>
      caller === call.caller && from < finishedAt && call.arrivedAt < until + leaseTtlMs,
  );
}

function befallen(
  { disturbed, databaseDisturbed, suspensions }: Evidence,
  { caller }: ModelRequest,
): boolean {
  return databaseDisturbed || disturbed.has(caller) || suspensions.some((one) => one.caller === caller);
}

function turnsByToken({ sent, records }: Evidence): Map<string, string> {
  const turns = new Map(records.events.map(({ updateId, turnId }) => [updateId, turnId]));
  return new Map(sent.map(({ token, updateId }) => [token, turns.get(updateId) ?? '']));
}

function figuresOf({ sent, records, shown, requests }: Evidence): Figures {
  const said = groupBy(shown, keyOfText);
  const surplus = [...groupBy(records.replies, keyOfText)].map(
    ([key, rows]) => (said.get(key)?.length ?? 0) - rows.length,
  );
  const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
  return {
    messages: sent.length,
    turns: records.turns.length,
    deadTurns: records.turns.filter(({ state }) => state === 'failed').length,
    uncertain: records.replies.filter(({ state }) => state === 'uncertain').length,
    extras: sum(surplus.map((count) => Math.max(0, count))),
    unsaid: sum(surplus.map((count) => Math.max(0, -count))),
    askedAgain:
      requests.filter(({ answered }) => answered).length -
      records.steps.filter(({ kind }) => kind === 'model').length,
  };
}

const keyOfText = ({ chat, text }: { readonly chat: number; readonly text: string }) => `${chat} ${text}`;

const violation = (promise: PromiseName, what: string): Violation[] => [{ promise, what }];

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
