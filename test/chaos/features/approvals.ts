import { type ChatView, violation, type Violation } from '../evidence.js';
import { type Feature, named, range, say } from './feature.js';

const OUTSIDE = { forward_origin: { type: 'hidden_user', sender_user_name: 'Eve', date: 1 } };

/**
 * A forwarded message leads the agent to remember something, so it must ask. A person presses a button, and a denied
 * call is not made. Messages written meanwhile are answered meanwhile.
 */
export const approvals: Feature = {
  name: 'approvals',
  sign: 1,
  script: (hand) =>
    range(4).map((n) =>
      n % 2 === 0
        ? { ...say(hand, n, 'use:fact'), fields: OUTSIDE, pauseMs: hand.random.int(300, 1_500) }
        : { ...say(hand, n), pauseMs: hand.random.int(300, 1_500) },
    ),
  terms: () =>
    // Each question is asked by a reply, and its decision is shown by the same one, or another in its place. A message
    // written close to a question may be part of it.
    named('approvals', { extraReplies: { least: 0, most: 4 }, mayPark: true }),
  judge: judgeDecisions,
};

function judgeDecisions({ chat, all }: ChatView): Violation[] {
  const asked = all.records.approvals.filter((approval) => approval.chat === chat);
  const facts = all.records.facts.filter((fact) => fact.chat === chat).map(({ text }) => text);
  const open = asked.filter(({ state }) => state === 'pending');
  const harmed = asked.filter(({ state, fact }) => state !== 'approved' && facts.includes(fact));
  return [
    ...open.flatMap(({ fact }) => violation('lost', `chat ${chat}: nobody decided about ${fact}`)),
    ...harmed.flatMap(({ fact, state }) => violation('record', `chat ${chat}: ${state}, and done: ${fact}`)),
    ...facts
      .filter((fact) => !asked.some((approval) => approval.fact === fact))
      .flatMap((fact) => violation('record', `chat ${chat}: done unasked: ${fact}`)),
  ];
}
