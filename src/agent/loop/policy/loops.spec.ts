import { describe, expect, it } from 'vitest';
import { silentReply } from '../../streaming/streamed-reply.js';
import { en } from '../../../platform/i18n/en.js';
import { openPolicyFixture } from './policy.fixture.js';

const fixture = openPolicyFixture();
const { asked, call, results, script } = fixture;

describe('A repeated call', () => {
  it('is made twice, refused once, and then the model has to answer without tools', async () => {
    script(call('look'), call('look'), call('look'), call('look'), { text: 'I saw it.' });
    const { run } = await fixture.begin();
    expect(await run()).toEqual({ text: 'I saw it.', errorCode: null, model: 'double' });
    expect(fixture.tools.looks).toBe(2);
    expect(asked().map(({ toolChoice }) => toolChoice)).toEqual([null, null, null, null, 'none']);
    expect(results()).toEqual([
      'saw ',
      'saw ',
      ...Array(2).fill(expect.stringMatching(/^Not called: .*twice/)),
    ]);
  });

  it('ends the turn if the model still calls tools', async () => {
    script(call('look'));
    const { run } = await fixture.begin();
    expect(await run()).toMatchObject({ text: en.stepsExhausted, errorCode: 'TOOL_LOOP' });
    expect(asked()).toHaveLength(5);
    expect(fixture.tools.looks).toBe(2);
  });

  it('is counted anew after a message has joined the turn', async () => {
    script(call('look'), call('look'), call('look'), call('look'), { text: 'I saw it.' });
    fixture.joining.set(4, `And now? ${fixture.word}`);
    const { run } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'I saw it.', errorCode: null });
    expect(fixture.tools.looks).toBe(4);
  });

  it('is counted from the steps, whichever process continues', async () => {
    for (let steps = 1; steps <= 9; steps += 1) {
      await fixture.renew();
      fixture.tools.looks = 0;
      script(call('look'), call('look'), call('look'), call('look'), { text: 'I saw it.' });
      const { run } = await fixture.begin();
      await expect(run(fixture.mortalSteps(steps)), `step ${steps}`).rejects.toThrow('died');
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'I saw it.' });
      expect(fixture.tools.looks, `after step ${steps}`).toBe(2);
      expect(asked(), `after step ${steps}`).toHaveLength(5);
    }
  });
});

describe('A tool that reports its progress', () => {
  it('is shown with it in the note of the streamed reply', async () => {
    const notes: string[] = [];
    script(call('look'), { text: 'I saw it.' });
    await (
      await fixture.begin()
    ).run(fixture.agent.steps, { ...silentReply, note: (text) => notes.push(text) });
    expect(notes).toEqual(['_look …_', '_look 3/10 …_']);
  });
});
