import { type ChatView, violation, type Violation } from '../evidence.js';
import { type Feature, named, range, say } from './feature.js';

/** The agent plans a message for a second later: it is sent once, and so is every recorded plan. */
export const reminders: Feature = {
  name: 'reminders',
  sign: 1,
  script: (hand) => range(3).map((n) => say(hand, n, n === 2 ? '' : 'use:remind')),
  terms: () => named('reminders', { extraReplies: { least: 0, most: 2 } }),
  judge: judgePlans,
};

function judgePlans({ chat, all, replies, turns, tokensOfTurn }: ChatView): Violation[] {
  const plans = all.records.schedules.filter((schedule) => schedule.chat === chat);
  const hadWrongClock = all.strikes.some(({ kind }) => kind === 'clock');
  const wrong = plans.flatMap(({ text, state, dueInMs }) => {
    const said = replies.filter((reply) => reply.text === text).length;
    // Planned by a clock that was ahead: it is sent at that time.
    if (state === 'planned' && dueInMs > 0 && said === 0 && hadWrongClock) return [];
    return state === 'done' && said === 1
      ? []
      : violation(said > 1 ? 'twice' : 'lost', `${text}: ${state}, said ${said} times`);
  });
  // A failed tool reports that to the model.
  const planned = turns.flatMap(({ id }) => {
    const own = tokensOfTurn.get(id) ?? [];
    const calls = all.records.steps.filter(
      ({ turnId, name, error }) => turnId === id && name === 'remind_me' && error === null,
    ).length;
    const found = plans.filter(({ text }) =>
      own.some((token) => text.includes(token.replace('q', 'r'))),
    ).length;
    return found >= calls
      ? []
      : violation('lost', `turn ${id} planned ${calls} times, and ${found} are there`);
  });
  return [...wrong, ...planned];
}
