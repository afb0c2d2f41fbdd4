import { describe, expect, it } from 'vitest';
import { silent } from '../live/live-reply.js';
import { en as texts } from '../../texts/en.js';
import { openGuardScene } from './guard-scene.spec-support.js';

const scene = openGuardScene();
const { asked, call, results, script } = scene;

describe('The same call again and again', () => {
  it('is made twice, refused once, and then the model has to answer without tools', async () => {
    script(call('look'), call('look'), call('look'), call('look'), { text: 'I saw it.' });
    const { run } = await scene.begin();
    expect(await run()).toEqual({ text: 'I saw it.', errorCode: null, model: 'double' });
    expect(scene.desk.looks).toBe(2);
    expect(asked().map(({ toolChoice }) => toolChoice)).toEqual([null, null, null, null, 'none']);
    expect(results()).toEqual([
      'saw ',
      'saw ',
      ...Array(2).fill(expect.stringMatching(/^Not called: .*twice/)),
    ]);
  });

  it('ends the turn where the model calls tools all the same', async () => {
    script(call('look'));
    const { run } = await scene.begin();
    expect(await run()).toMatchObject({ text: texts.stepsExhausted, errorCode: 'TOOL_LOOP' });
    expect(asked()).toHaveLength(5);
    expect(scene.desk.looks).toBe(2);
  });

  it('is not the same behind a message that has joined the turn since', async () => {
    script(call('look'), call('look'), call('look'), call('look'), { text: 'I saw it.' });
    scene.joining.set(4, `And now? ${scene.word}`);
    const { run } = await scene.begin();
    expect(await run()).toMatchObject({ text: 'I saw it.', errorCode: null });
    expect(scene.desk.looks).toBe(4);
  });

  it('is counted from the steps, whichever process goes on', async () => {
    for (let steps = 1; steps <= 9; steps += 1) {
      await scene.renew();
      scene.desk.looks = 0;
      script(call('look'), call('look'), call('look'), call('look'), { text: 'I saw it.' });
      const { run } = await scene.begin();
      await expect(run(scene.mortalSteps(steps)), `step ${steps}`).rejects.toThrow('died');
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'I saw it.' });
      expect(scene.desk.looks, `after step ${steps}`).toBe(2);
      expect(asked(), `after step ${steps}`).toHaveLength(5);
    }
  });
});

describe('A tool that says how far it is', () => {
  it('is shown with that in the note of the live answer', async () => {
    const notes: string[] = [];
    script(call('look'), { text: 'I saw it.' });
    await (await scene.begin()).run(scene.agent.steps, { ...silent, note: (text) => notes.push(text) });
    expect(notes).toEqual(['_look …_', '_look 3/10 …_']);
  });
});
