import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { openSummaryFixture } from './summary.fixture.js';

const fixture = openSummaryFixture();
const { answers, hold, past, requests, say, summarise, summary } = fixture;

describe('Of two processes that summarise one conversation', () => {
  it('only one asks the model', async () => {
    await past(60);
    await say('hello');
    const held = hold();
    const first = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await summarise();
    expect(requests()).toHaveLength(1);
    held.release();
    await first;
    expect((await summary()).text).toBe('The notes.');
  });

  it('the one that lost its lease commits nothing', async () => {
    await past(60);
    await say('hello');
    const held = hold();
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    const lease = await fixture.agent.room.takeOver(fixture.conversation.id, 'summaries');
    held.release();
    await late;
    expect(await summary()).toMatchObject({ text: '', attempts: 0, dueAt: expect.any(Date) });
    await fixture.agent.room.leases.release(lease);
    await summarise();
    expect((await summary()).text).toBe('The notes.');
  });

  it('a failure of the late one is not counted', async () => {
    await past(60);
    await say('hello');
    answers({ status: 500 });
    const held = hold();
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await fixture.agent.room.takeOver(fixture.conversation.id, 'summaries');
    held.release();
    await late;
    expect(await summary()).toMatchObject({ attempts: 0, error: null });
  });
});
