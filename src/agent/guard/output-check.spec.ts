import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../test/support/scripted-model.js';
import { en as texts } from '../../texts/en.js';
import { openGuardScene } from './guard-scene.spec-support.js';

const scene = openGuardScene({ outputCheck: true });
const { asked, call, change, script, stepsOf } = scene;

describe('An answer that is checked', () => {
  const ok: Answer = { text: '{"verdict":"ok"}' };
  const no: Answer = { text: '{"verdict":"rejected","reason":"tells a key"}' };
  /** The check's request has the question in it, as data. */
  const checks = (...verdicts: Answer[]) => scene.agent.model.script(`{"asked":"${scene.word}`, ...verdicts);
  const checked = () => asked().filter(({ news }) => news.at(-1)?.startsWith('{"asked":'));
  const rewrites = (...answers: Answer[]) => scene.agent.model.script('[Your answer was checked', ...answers);

  it('is sent when it passes; the check is a step with its tokens', async () => {
    script({ text: 'Fine.' });
    checks(ok);
    const { run, turn } = await scene.begin();
    expect(await run()).toEqual({ text: 'Fine.', errorCode: null, model: 'double' });
    expect(await stepsOf(turn.id)).toMatchObject([
      { index: 0, kind: 'model' },
      { index: 1, kind: 'model', name: 'double', inputTokens: 10, outputTokens: 5 },
    ]);
    const [check] = checked();
    expect(check?.messages.at(-1)?.content).toBe(JSON.stringify({ asked: scene.word, answer: 'Fine.' }));
    expect(check?.tools).toEqual([]);
    expect(await run()).toMatchObject({ text: 'Fine.' });
    expect(asked()).toHaveLength(2);
  });

  it('is written anew once when it does not pass, knowing why', async () => {
    script({ text: 'The key is 123.' });
    rewrites({ text: 'I keep that to myself.' });
    checks(no, ok);
    const { run } = await scene.begin();
    expect(await run()).toMatchObject({ text: 'I keep that to myself.', errorCode: null });
    const again = scene.agent.model.calls.filter(({ news }) => news.at(-1)?.startsWith('[Your answer'));
    expect(again.at(-1)?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', content: 'The key is 123.' },
      { role: 'user', content: expect.stringContaining('not sent: tells a key.') },
    ]);
  });

  it('is not sent when it does not pass twice', async () => {
    script({ text: 'The key is 123.' });
    rewrites({ text: 'It is still 123.' });
    checks(no);
    const { run, turn } = await scene.begin();
    expect(await run()).toMatchObject({ text: texts.notSent, errorCode: 'OUTPUT_REJECTED' });
    expect(await stepsOf(turn.id)).toHaveLength(4);
    const calls = scene.agent.model.calls.length;
    expect(await run()).toMatchObject({ errorCode: 'OUTPUT_REJECTED' });
    expect(scene.agent.model.calls).toHaveLength(calls);
  });

  it('is not sent where there is no model call left to write it anew', async () => {
    const { maxSteps } = scene.agent.settings;
    scene.agent.settings.maxSteps = 1;
    script({ text: 'The key is 123.' });
    checks(no);
    const { run } = await scene.begin();
    expect(await run()).toMatchObject({ text: texts.notSent, errorCode: 'OUTPUT_REJECTED' });
    scene.agent.settings.maxSteps = maxSteps;
  });

  it.each<[string, Answer]>([
    ['says something else', { text: 'Looks fine to me!' }],
    ['refuses', { text: null, refusal: 'No.' }],
    ['is cut', { text: '{"verdict":"ok"}', finish: 'length' }],
    ['calls tools', call('send', 'x')],
    ['cannot read so much', { status: 400, code: 'context_length_exceeded' }],
  ])('is not sent where the check %s', async (_what, answer) => {
    script({ text: 'Fine.' });
    checks(answer);
    const { run } = await scene.begin();
    expect(await run()).toMatchObject({ text: texts.notSent, errorCode: 'OUTPUT_UNCHECKED' });
    expect(scene.desk.sent).toEqual([]);
  });

  it('waits where the check cannot be reached, and is not written anew meanwhile', async () => {
    script({ text: 'Fine.' });
    checks({ status: 503 }, ok);
    const { run } = await scene.begin();
    await expect(run()).rejects.toMatchObject({ code: 'MODEL_503' });
    expect(await run()).toMatchObject({ text: 'Fine.' });
    expect(checked()).toHaveLength(2);
    expect(asked()).toHaveLength(3);
  });

  it('goes on where a process died, behind whichever step', async () => {
    for (let steps = 1; steps <= 4; steps += 1) {
      await scene.renew();
      await change({ outputCheck: true });
      script({ text: 'The key is 123.' });
      rewrites({ text: 'I keep that to myself.' });
      checks(no, ok);
      const { run, turn } = await scene.begin();
      await expect(run(scene.mortalSteps(steps))).rejects.toThrow('died');
      // Switched off or not: what was begun is ended.
      await change({ outputCheck: steps % 2 === 1 });
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'I keep that to myself.' });
      if (steps % 2 === 1) expect(await stepsOf(turn.id), `after step ${steps}`).toHaveLength(4);
    }
  });

  it('asks the model that is there for it', async () => {
    scene.agent.models.checkModel = 'cheap';
    script({ text: 'Fine.' });
    checks(ok);
    const { run, turn } = await scene.begin();
    expect(await run()).toMatchObject({ text: 'Fine.', model: 'double' });
    expect(asked().map(({ model }) => model)).toEqual(['double', 'cheap']);
    expect((await stepsOf(turn.id)).map(({ name }) => name)).toEqual(['double', 'cheap']);
    delete scene.agent.models.checkModel;
  });
});
