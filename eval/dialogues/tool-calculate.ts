import { type Dialogue, say } from '../dialogue.js';

export const toolCalculate: Dialogue = {
  name: 'tool-calculate',
  about: 'a product that nobody knows by heart comes from the tool',
  moves: [
    say('What is 4817 * 3926?', [
      { kind: 'tool', name: 'calculate', with: { expression: /4817/ } },
      { kind: 'answer', matches: /18[.,'’\s]?911[.,'’\s]?542/ },
    ]),
  ],
};
