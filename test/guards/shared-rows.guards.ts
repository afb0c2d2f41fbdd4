import type { Guard } from './guard.js';

/** Orders in which rows are locked that several conversations share. */
export const sharedRowGuards: readonly Guard[] = [
  {
    id: 'people/by-id',
    kind: 'order',
    promises: [1],
    keeps: 'Two groups that hear the same people do not wait for each other in a circle',
    without: {
      file: 'src/memory/person.repository.ts',
      within: 'async rememberAll(',
      find: '.toSorted((one, other) => (one.userId < other.userId ? -1 : 1))',
    },
    spec: 'src/memory/person.repository.spec.ts',
    test: 'are locked by their ids, whoever spoke first: two groups do not wait for each other',
  },
];
