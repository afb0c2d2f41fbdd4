import { type Dialogue, say } from '../dialogue.js';

export const followUp: Dialogue = {
  name: 'follow-up',
  about: 'two questions in one burst are both answered, and nothing is said twice',
  moves: [
    say(
      [{ text: 'What is 123 * 45?' }, { text: 'What is 67 * 89?' }],
      [
        { kind: 'answer', matches: /5[.,'’\s]?535/ },
        { kind: 'answer', matches: /5[.,'’\s]?963/ },
        { kind: 'turns', atMost: 2 },
      ],
    ),
  ],
};
