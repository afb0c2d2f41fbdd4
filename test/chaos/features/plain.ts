import { type Feature, named, nothingMore, range, say } from './feature.js';

/** A person writes, now and then faster than the answers come. */
export const plain: Feature = {
  name: 'plain',
  sign: 1,
  script: (hand) => range(hand.messages).map((n) => say(hand, n)),
  terms: () => named('plain'),
  judge: nothingMore,
};

/** A person writes faster than the chat's rate limit allows: surplus messages wait, and are answered in order. */
export const burst: Feature = {
  name: 'burst',
  sign: 1,
  script: (hand) =>
    range(hand.messages * 2).map((n) => ({ ...say(hand, n), pauseMs: hand.random.int(0, 100) })),
  terms: () => named('burst'),
  judge: nothingMore,
};

/** Answers take so long that they are streamed. */
export const streamed: Feature = {
  name: 'streamed',
  sign: 1,
  script: (hand) => range(2).map((n) => say(hand, n, `stream:${hand.random.int(1_200, 2_500)}`)),
  terms: () => named('streamed'),
  judge: nothingMore,
};
