import { type Dialogue, say } from '../dialogue.js';

export const longAnswer: Dialogue = {
  name: 'long-answer',
  about: 'an answer of more than one message arrives whole and in order',
  moves: [
    say('Count from 1 to 1200. Write every number, separated by spaces, and leave none out.', [
      { kind: 'messages', atLeast: 2 },
      { kind: 'answer', matches: /\b1 2 3 4 5\b[\s\S]*\b600 601 602\b[\s\S]*\b1198 1199 1200\b/ },
    ]),
  ],
};
