import { type Dialogue, say } from '../dialogue.js';
import { longPast } from '../support/long-past.js';

const FACT = 'By the way, my sister Ines lives in Lisbon.';

export const recallAfter200: Dialogue = {
  name: 'recall-after-200',
  about: 'what was said 200 messages ago is found, in the summary or by searching the history',
  moves: [
    say('Hello!'),
    { do: 'seed', past: longPast(FACT, 200) },
    say('What is 12 * 12?', [{ kind: 'answer', matches: /144/ }]),
    { do: 'summarise' },
    say('What did I tell you about Ines?', [{ kind: 'answer', matches: /Lisbon/i }]),
  ],
};

export const recallInOtherWords: Dialogue = {
  name: 'recall-in-other-words',
  about: 'the same, asked for in words that were not used',
  needsRealModel: 'the demo model reads words, not sense',
  moves: [
    say('Hello!'),
    { do: 'seed', past: longPast(FACT, 200) },
    say('What is 12 * 12?', [{ kind: 'answer', matches: /144/ }]),
    { do: 'summarise' },
    say('In which city would I visit my sibling?', [{ kind: 'answer', matches: /Lisbon/i }]),
  ],
};
