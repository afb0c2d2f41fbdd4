import { beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../test/support/scripted-model.js';
import { MAX_SUMMARY_TRIES } from './summary-failure.js';
import { summaryScene, told } from './summary-scene.spec-support.js';

const scene = summaryScene();
const { answers, past, requests, say, set, summarise, summary } = scene;

describe('A summary that fails', () => {
  beforeEach(async () => {
    await past(60);
    await say('hello');
  });

  it('is tried again later, by the database’s clock, a few times, and then not before there are new messages', async () => {
    answers({ status: 500 });
    for (let attempts = 1; attempts < MAX_SUMMARY_TRIES; attempts += 1) {
      await summarise();
      const [row] = await scene.agent.room.rows<{ attempts: number; soon: boolean }>(
        `SELECT attempts, due_at > clock_timestamp() + interval '1 s' AS soon FROM summaries WHERE conversation_id = $1`,
        [scene.conversation.id],
      );
      expect(row).toEqual({ attempts, soon: true });
      const made = requests().length;
      await summarise();
      expect(requests()).toHaveLength(made);
      await set('due_at = now()');
    }
    await summarise();
    expect(await summary()).toMatchObject({ attempts: MAX_SUMMARY_TRIES, dueAt: null });
    expect((await summary()).error).toContain('MODEL_500');
    // A turn that is tried again asks again, with nothing new.
    await scene.agent.summaries.ask(scene.conversation.id, 0, (await summary()).askedUntil);
    const tries = requests().length;
    await summarise();
    expect(requests()).toHaveLength(tries);
    answers({ text: 'At last.' });
    await say('something new');
    await summarise();
    expect(await summary()).toMatchObject({ text: 'At last.', attempts: 0, error: null });
  });

  it('holds no turn up, which shows the history as far as it fits', async () => {
    answers({ status: 500 });
    await summarise();
    await say('news 1');
    const shown = scene.agent.model.calls.at(-1)?.messages ?? [];
    expect(shown.at(-1)?.content).toBe('news 1');
    expect(shown[0]?.content).not.toContain('What was said before');
    expect(shown.length).toBeGreaterThan(30);
  });

  it('keeps its pause though messages come', async () => {
    answers({ status: 500 });
    await summarise();
    const before = await summary();
    await say('more');
    expect(await summary()).toMatchObject({ dueAt: before.dueAt, attempts: 1 });
  });

  it.each([
    ['a wrong key', { status: 401 }],
    ['a refusal', { text: null, refusal: 'No.' }],
  ] satisfies [string, Answer][])('is given up at once after %s', async (_name, answer) => {
    answers(answer);
    await summarise();
    expect(await summary()).toMatchObject({ text: '', attempts: 1, dueAt: null });
  });

  it('is tried again after an answer without text, or with calls of tools that it was not given', async () => {
    answers({ text: '  ' }, { calls: [{ name: 'read', arguments: { page: 1 } }] });
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 1, dueAt: expect.any(Date) });
    await set('due_at = now()');
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 2, error: expect.stringContaining('SUMMARY_EMPTY') });
  });

  it('takes less at once where the model cannot read so much', async () => {
    answers({ status: 400, code: 'context_length_exceeded' }, { text: 'A part.' }, { text: 'The rest.' });
    await summarise();
    const [whole = [], half = []] = requests().map(told);
    expect(half.length).toBeLessThan(whole.length * 0.7);
    expect(half[0]).toBe(1);
    expect(await summary()).toMatchObject({ text: 'The rest.', dueAt: null });
  });
});
