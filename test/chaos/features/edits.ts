import { type Action, type Feature, named, nothingMore, range, say } from './feature.js';

const EDITS = 3;

/**
 * Messages are edited soon after they were written: while they wait, the new text replaces theirs; while their turn is
 * under way, it is a newer message; later, it is recorded. `judgeHistory` checks each new text.
 */
export const edits: Feature = {
  name: 'edits',
  sign: 1,
  script: (hand) =>
    range(hand.messages).flatMap((n): Action[] => {
      const said = say(hand, n);
      if (n >= EDITS) return [said];
      const token = hand.token(hand.messages + n);
      const edit = { kind: 'edit' as const, token, of: said.token, text: `slow:100 ${token}` };
      return [said, { ...edit, pauseMs: hand.random.int(0, 900) }];
    }),
  terms: (actions) =>
    named('edits', {
      edits: new Map(
        actions.flatMap((action) => (action.kind === 'edit' ? [[action.token, action.of]] : [])),
      ),
    }),
  judge: nothingMore,
};
