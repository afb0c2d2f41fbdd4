import { type Dialogue, say } from '../dialogue.js';

export const waitingEdit: Dialogue = {
  name: 'waiting-edit',
  about: 'a message that is changed before its turn is answered as it reads then',
  moves: [
    say('/mode collect'),
    say(
      [{ text: 'What is 123 * 45?', editedTo: 'What is 678 * 91?' }],
      [
        { kind: 'answer', matches: /61[.,'’\s]?698/ },
        { kind: 'answer', lacks: /5[.,'’\s]?535/ },
        { kind: 'turns', atMost: 1 },
      ],
    ),
  ],
};
