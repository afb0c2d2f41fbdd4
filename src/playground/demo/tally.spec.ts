import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { percentile, tally } from './tally.js';

const say = (...marks: string[]) => marks.map((mark) => `“Note "${mark}"”`).join('\n');

describe('The count of a burst', () => {
  it('finds no fault where each mark is answered once, in order, over any number of replies', () => {
    const chats = [{ marks: ['a 1', 'a 2', 'a 10'], replies: [say('a 1'), say('a 2', 'a 10')] }];
    expect(tally(chats)).toEqual({ answered: 3, lost: 0, duplicates: 0, disordered: 0, replies: 2 });
  });

  it('finds lost, doubled and misordered marks', () => {
    const marks = ['a', 'b', 'c', 'd'];
    expect(tally([{ marks, replies: [say('c'), say('a', 'd'), say('d')] }])).toEqual({
      answered: 3,
      lost: 1,
      duplicates: 1,
      disordered: 1,
      replies: 3,
    });
  });

  it('does not count an answer in another chat', () => {
    const chats = [
      { marks: ['a'], replies: [say('b')] },
      { marks: ['b'], replies: [say('a')] },
    ];
    expect(tally(chats)).toMatchObject({ answered: 0, lost: 2 });
  });
});

describe('A percentile', () => {
  it('is a value of the list that the given share of them does not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (values, share) => {
          const found = percentile(values, share);
          expect(values).toContain(found);
          expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(
            values.length * share - 1e-9,
          );
          expect(values.filter((value) => value < found).length).toBeLessThan(values.length * share + 1e-9);
        },
      ),
    );
  });
});
