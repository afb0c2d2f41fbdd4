import { describe, expect, it } from 'vitest';
import { factsAbout, matchFact } from './facts.tool.js';

const facts = ['Likes tea', 'Likes tea with milk', 'Ana ist in Köln geboren', '妹の名前はユキ'];

describe('matchFact', () => {
  it('matches the exact text, even if others contain it', () => {
    expect(matchFact(facts, 'Likes tea')).toEqual({ kind: 'one', fact: 'Likes tea' });
  });

  it('matches the only fact that contains the text, ignoring letter case and composition', () => {
    expect(matchFact(facts, 'KO\u0308LN')).toEqual({ kind: 'one', fact: 'Ana ist in Köln geboren' });
    expect(matchFact(facts, 'ユキ')).toEqual({ kind: 'one', fact: '妹の名前はユキ' });
  });

  it('matches none if several contain it, and shows them', () => {
    expect(matchFact(facts, 'likes')).toEqual({
      kind: 'several',
      facts: ['Likes tea', 'Likes tea with milk'],
    });
  });

  it('matches none if no fact does', () => {
    expect(matchFact(facts, 'coffee')).toEqual({ kind: 'none' });
  });
});

describe('factsAbout', () => {
  it('finds the facts with any of the words', () => {
    expect(factsAbout(facts, 'milk, köln?')).toEqual(['Likes tea with milk', 'Ana ist in Köln geboren']);
  });

  it('finds no fact for a query without words', () => {
    expect(factsAbout(facts, '?! …')).toEqual([]);
  });
});
