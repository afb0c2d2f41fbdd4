import { type Dialogue, say } from '../dialogue.js';

export const german: Dialogue = {
  name: 'language-german',
  about: 'German is answered in German, also where a tool answers in English',
  moves: [
    say('Hallo! Ich lerne gerade, wie du arbeitest.', [{ kind: 'language', is: 'de' }]),
    say('Wie viel ist 12*(3+4)?', [
      { kind: 'answer', matches: /84/ },
      { kind: 'language', is: 'de' },
    ]),
    say('Bitte merke dir, dass ich gerne Tee trinke.', [
      { kind: 'tool', name: 'remember', with: { fact: /Te[ea]/i } },
      { kind: 'language', is: 'de' },
    ]),
  ],
};

export const spanish: Dialogue = {
  name: 'language-spanish',
  about: 'Spanish is answered in Spanish, also where a tool answers in English',
  moves: [
    say('¡Hola! Estoy aprendiendo cómo funcionas.', [{ kind: 'language', is: 'es' }]),
    say('¿Cuánto es 12*(3+4)?', [
      { kind: 'answer', matches: /84/ },
      { kind: 'language', is: 'es' },
    ]),
    say('Por favor, recuerda que me gusta el té.', [
      { kind: 'tool', name: 'remember', with: { fact: /t[ée]/i } },
      { kind: 'language', is: 'es' },
    ]),
  ],
};
