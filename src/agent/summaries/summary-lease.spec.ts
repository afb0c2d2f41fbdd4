import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { summaryScene } from './summary-scene.spec-support.js';

const scene = summaryScene();
const { answers, hold, past, requests, say, summarise, summary } = scene;

describe('Of two who summarise one conversation', () => {
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

  it('the one who was silent for too long commits nothing', async () => {
    await past(60);
    await say('hello');
    const held = hold();
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    const lease = await scene.agent.room.takeOver(scene.conversation.id, 'summaries');
    held.release();
    await late;
    expect(await summary()).toMatchObject({ text: '', attempts: 0, dueAt: expect.any(Date) });
    await scene.agent.room.leases.release(lease);
    await summarise();
    expect((await summary()).text).toBe('The notes.');
  });

  it('a failure of the late one counts for nothing', async () => {
    await past(60);
    await say('hello');
    answers({ status: 500 });
    const held = hold();
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    await scene.agent.room.takeOver(scene.conversation.id, 'summaries');
    held.release();
    await late;
    expect(await summary()).toMatchObject({ attempts: 0, error: null });
  });
});
