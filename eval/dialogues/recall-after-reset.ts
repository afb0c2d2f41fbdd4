import { type Dialogue, say } from '../dialogue.js';

export const recallAfterReset: Dialogue = {
  name: 'recall-after-reset',
  about: 'what it was asked to remember outlives a /reset',
  moves: [
    say('Please remember that my cat is called Misha.', [
      { kind: 'tool', name: 'remember', with: { fact: /Misha/ } },
    ]),
    say('/reset'),
    say('What do you know about me?', [{ kind: 'answer', matches: /Misha/ }]),
  ],
};
