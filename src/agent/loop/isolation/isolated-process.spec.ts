import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { IsolatedEntry } from './isolated-entry.js';
import { IsolatedProcess } from './isolated-process.js';

const double = fileURLToPath(new URL('../../../../test/support/isolated-double.mjs', import.meta.url));
const run = { conversationId: 'c', token: '1', turnId: 't' };
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-isolated-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A process that runs this script. */
function start(stopping: AbortController, ...script: string[]): IsolatedProcess {
  const entry = new IsolatedEntry(double, script, { PATH: process.env['PATH'] });
  return new IsolatedProcess(double, entry, 'postgres://nowhere', run, stopping.signal);
}

describe('A process for one run', () => {
  it('hands the run back when its parent says so, and not at a signal, which others may send', async () => {
    const stopping = new AbortController();
    const begun = join(folder, 'begun');
    const isolated = start(stopping, 'begun', begun, 'wait', 'hand back');
    await eventually(() => access(begun));
    stopping.abort();
    expect(await isolated.end).toEqual({ kind: 'ended', outcome: { lane: { next: 'now' }, replied: false } });
    await isolated.gone;
  });

  it('is ended at once if it has no run yet', async () => {
    const stopping = new AbortController();
    const isolated = start(stopping, 'begun', 'wait');
    stopping.abort();
    expect(await isolated.end).toEqual({ kind: 'absent', why: 'SIGKILL' });
  });

  it('counts as dead if any signal ends it in the middle of its run', async () => {
    expect(await start(new AbortController(), 'begun', 'abort').end).toEqual({
      kind: 'died',
      how: 'SIGABRT',
    });
  });
});
