import { type Dialogue, say } from '../dialogue.js';

export const toolTime: Dialogue = {
  name: 'tool-time',
  about: 'the time of a city comes from the tool',
  moves: [
    say('What time is it in Tokyo?', [
      { kind: 'tool', name: 'current_time', with: { timeZone: /^Asia\/Tokyo$/ } },
      { kind: 'answer', matches: /\d{1,2}:\d{2}/ },
    ]),
  ],
};
