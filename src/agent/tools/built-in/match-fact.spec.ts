import { describe, expect, it } from 'vitest';
import { factsAbout, matchFact } from './match-fact.js';

const facts = ['Likes tea', 'Likes tea with milk', 'Ana ist in Köln geboren', '妹の名前はユキ'];

describe('matchFact', () => {
  it('takes the exact text, although others contain it', () => {
    expect(matchFact(facts, 'Likes tea')).toEqual({ kind: 'one', fact: 'Likes tea' });
  });

  it('takes the only fact that contains the text, letter case and composition aside', () => {
    expect(matchFact(facts, 'KO\u0308LN')).toEqual({ kind: 'one', fact: 'Ana ist in Köln geboren' });
    expect(matchFact(facts, 'ユキ')).toEqual({ kind: 'one', fact: '妹の名前はユキ' });
  });

  it('takes none where several contain it, and shows them', () => {
    expect(matchFact(facts, 'likes')).toEqual({
      kind: 'several',
      facts: ['Likes tea', 'Likes tea with milk'],
    });
  });

  it('takes none where none does', () => {
    expect(matchFact(facts, 'coffee')).toEqual({ kind: 'none' });
  });
});

describe('factsAbout', () => {
  it('finds the facts that hold any of the words', () => {
    expect(factsAbout(facts, 'milk, köln?')).toEqual(['Likes tea with milk', 'Ana ist in Köln geboren']);
  });

  it('finds nothing for a query without words', () => {
    expect(factsAbout(facts, '?! …')).toEqual([]);
  });
});
