import { type ChatView, type Evidence, violation, type Violation } from '../evidence.js';
import { groupBy } from '../group-by.js';
import { partsOf } from '../terms.js';
import { tokensOf } from '../tokens.js';

/** **lost**: each accepted message is in one turn that is done, or in one that failed and has one dead letter. */
export function judgeEvents({ sent, terms, all }: ChatView): Violation[] {
  const events = groupBy(all.records.events, ({ updateId }) => updateId);
  const turns = new Map(all.records.turns.map((turn) => [turn.id, turn]));
  return sent.flatMap(({ token, updateId }) => {
    const [event, ...more] = events.get(updateId) ?? [];
    if (!event) return violation('lost', `${token}: accepted, and no event`);
    if (more.length > 0) return violation('twice', `${token}: ${more.length + 1} events`);
    if (terms.erased.has(token))
      return event.state === 'erased'
        ? []
        : violation('record', `${token}: erased, and its event ${event.state}`);
    // An edit that replaced a message's text, or was recorded, is in no turn: `judgeHistory` checks its text.
    if (terms.edits.has(token) && event.turnId === null && event.state === 'done') return [];
    const turn = turns.get(event.turnId ?? '');
    const letters = all.records.deadLetters.filter(({ subjectId }) => subjectId === turn?.id).length;
    const fate = `${event.state} ${turn?.state ?? 'none'} ${letters}`;
    if (fate === 'done done 0' || fate === 'dead failed 1') return [];
    if (terms.stoppable.has(token) && (fate === 'dropped none 0' || fate === 'done cancelled 0')) return [];
    // `judgeAnswers` requires an answer of a later turn.
    if (terms.mode === 'interrupt' && fate === 'done cancelled 0' && turn?.errorCode === 'INTERRUPTED')
      return [];
    return violation('lost', `${token}: event, turn and its dead letters: ${fate}`);
  });
}

/** **order**: a chat's history has its messages in the order of acceptance, each once; a turn has one answer. */
export function judgeHistory(view: ChatView): Violation[] {
  const { chat, sent, terms, turns, all } = view;
  const messages = all.records.messages.filter((message) => message.chat === chat);
  const answers = groupBy(
    messages.filter(({ role }) => role === 'assistant'),
    ({ turnId }) => turnId,
  );
  const several = turns.flatMap(({ id, errorCode }) => {
    const count = answers.get(id)?.length ?? 0;
    const least = errorCode === 'INTERRUPTED' ? 0 : 1;
    // A turn that asked for an approval has a notice of it.
    const most = terms.mayPark ? 2 : 1;
    return count >= least && count <= most
      ? []
      : violation(count > most ? 'twice' : 'lost', `turn ${id} has ${count} answers`);
  });
  const said = messages.filter(({ role }) => role === 'user').flatMap(({ text }) => tokensOf(text));
  const originals = said.map((token) => terms.edits.get(token) ?? token);
  const found = terms.edits.size > 0 ? [...new Set(originals)] : originals;
  const dropped = (token: string) => terms.stoppable.has(token) && !originals.includes(token);
  const expected = sent
    .map(({ token }) => token)
    .filter((token) => !terms.erased.has(token) && !terms.edits.has(token) && !dropped(token));
  const accepted = sent.map(({ token }) => token);
  const asExpected = partsOf(terms, accepted, expected)
    .map((part) => part.join(' '))
    .join('; ');
  const asFound = partsOf(terms, accepted, found)
    .map((part) => part.join(' '))
    .join('; ');
  const order =
    asFound === asExpected ? [] : violation('order', `history of ${chat}: ${asFound}; sent: ${asExpected}`);
  const unread = [...terms.edits.keys()].flatMap((token) => {
    const times = said.filter((one) => one === token).length;
    return times === 1 ? [] : violation('lost', `${token}: the new text is ${times} times in the history`);
  });
  return [...several, ...order, ...unread];
}

/** Rows without an owner. */
export function judgeStrays({ records }: Evidence): Violation[] {
  return records.deadLetters
    .filter(({ kind }) => kind === 'event')
    .flatMap(({ subjectId, reason }) => violation('dead', `event ${subjectId}: ${reason}`));
}
