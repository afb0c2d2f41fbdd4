import type { Guard } from './guard.js';

const file = 'src/lease/lease.repository.ts';
const spec = 'src/lease/lease.repository.spec.ts';

/** Who may commit for a lane of a conversation. */
export const leaseGuards: readonly Guard[] = [
  {
    id: 'lease/one-holder',
    kind: 'condition',
    promises: [3],
    keeps: 'A lease is taken over only when its time is over by the database’s clock',
    without: { file, within: 'async acquire(', find: 'WHERE leases.expires_at <= clock_timestamp()' },
    spec,
    test: 'gives a lane of a conversation to one holder, another lane to another',
  },
  {
    id: 'lease/new-token',
    kind: 'fence',
    promises: [3, 4, 5],
    keeps: 'A lease that is taken over has another token than before',
    without: {
      file,
      within: 'async acquire(',
      find: 'token = leases.token + 1',
      replace: 'token = leases.token',
    },
    spec,
    test: 'gives every holder a larger token than the last',
  },
  {
    id: 'lease/fence-token',
    kind: 'fence',
    promises: [3, 4, 5],
    keeps: 'A holder that was taken over commits nothing',
    without: { file, within: 'async assertHeld(', find: ' AND token = ${token}' },
    spec,
    test: 'tells a holder that was taken over: no renewal, no commit, and giving back changes nothing',
  },
  {
    id: 'lease/fence-lock',
    kind: 'lock',
    promises: [3, 4, 5],
    keeps: 'A takeover waits for a commit that has passed the fence',
    without: { file, within: 'async assertHeld(', find: 'FOR UPDATE' },
    spec,
    test: 'makes a takeover wait for the commit whose fence was passed before',
    error: 'nobody waits for a lock',
  },
  {
    id: 'lease/key',
    kind: 'unique key',
    promises: [3],
    keeps: 'A lane of a conversation has one lease',
    without: { table: 'leases', sql: 'ALTER TABLE leases DROP CONSTRAINT leases_pkey' },
    spec,
    test: 'gives a lane of a conversation to one holder, another lane to another',
    error: '42P10',
  },
];
