import { describe, expect, it } from 'vitest';
import { describeExpectation, type Expectation, missOf, type Outcome } from './expectations.js';

const outcome: Outcome = {
  answers: ['Das Ergebnis ist 84.', 'Sonst noch etwas?'],
  toolUses: [{ name: 'calculate', arguments: { expression: '12*(3+4)', digits: 2 } }],
  turns: 2,
};

describe('An expectation', () => {
  it.each<[Expectation, string | null]>([
    [{ kind: 'tool', name: 'calculate' }, null],
    [{ kind: 'tool', name: 'calculate', with: { expression: /^12/g, digits: /2/ } }, null],
    [{ kind: 'tool', name: 'calculate', with: { expression: /13/ } }, 'called calculate'],
    [{ kind: 'tool', name: 'calculate', with: { other: /./ } }, 'called calculate'],
    [{ kind: 'tool', name: 'recall' }, 'called calculate'],
    [{ kind: 'no tool', names: ['forget'] }, null],
    [{ kind: 'no tool', names: ['forget', 'calculate'] }, 'called calculate'],
    [{ kind: 'answer', matches: /84[\s\S]*etwas/g }, null],
    [{ kind: 'answer', matches: /85/ }, 'said “Das Ergebnis ist 84. Sonst noch etwas?”'],
    [{ kind: 'answer', lacks: /85/ }, null],
    [{ kind: 'answer', lacks: /84/ }, 'said “Das'],
    [{ kind: 'language', is: 'de' }, null],
    [{ kind: 'language', is: 'es' }, 'de: “Das'],
    [{ kind: 'turns', atMost: 2 }, null],
    [{ kind: 'turns', atMost: 1 }, 'took 2'],
    [{ kind: 'messages', atLeast: 2 }, null],
    [{ kind: 'messages', atLeast: 3 }, '2'],
  ])('%j holds or names the actual result: %s', (expected, miss) => {
    for (let again = 0; again < 2; again += 1) {
      const found = missOf(expected, outcome);
      if (miss === null) expect(found).toBeNull();
      else expect(found).toContain(miss);
    }
    expect(describeExpectation(expected)).not.toBe('');
  });

  it('of something not done or said is not fulfilled by silence', () => {
    const silence = { answers: [' '], toolUses: [], turns: 1 };
    expect(missOf({ kind: 'no tool', names: ['forget'] }, silence)).toBe('no answer');
    expect(missOf({ kind: 'answer', lacks: /secret/ }, silence)).toBe('no answer');
  });
});
