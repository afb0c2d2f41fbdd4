import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../test/support/scripted-model.js';
import { en } from '../../../platform/i18n/en.js';
import { openPolicyFixture } from '../policy/policy.fixture.js';

const fixture = openPolicyFixture({ outputCheck: true });
const { asked, call, change, script, stepsOf } = fixture;

describe('An answer that is checked', () => {
  const ok: Answer = { text: '{"verdict":"ok"}' };
  const no: Answer = { text: '{"verdict":"rejected","reason":"tells a key"}' };
  /** The check's request has the question in it, as data. */
  const checks = (...verdicts: Answer[]) =>
    fixture.agent.model.script(`{"asked":"${fixture.word}`, ...verdicts);
  const checked = () => asked().filter(({ news }) => news.at(-1)?.startsWith('{"asked":'));
  const rewrites = (...answers: Answer[]) =>
    fixture.agent.model.script('[Your answer was checked', ...answers);

  it('is sent when it passes; the check is a step with its tokens', async () => {
    script({ text: 'Fine.' });
    checks(ok);
    const { run, turn } = await fixture.begin();
    expect(await run()).toEqual({ text: 'Fine.', errorCode: null, model: 'double' });
    expect(await stepsOf(turn.id)).toMatchObject([
      { index: 0, kind: 'model' },
      { index: 1, kind: 'model', name: 'double', inputTokens: 10, outputTokens: 5 },
    ]);
    const [check] = checked();
    expect(check?.messages.at(-1)?.content).toBe(JSON.stringify({ asked: fixture.word, answer: 'Fine.' }));
    expect(check?.tools).toEqual([]);
    expect(await run()).toMatchObject({ text: 'Fine.' });
    expect(asked()).toHaveLength(2);
  });

  it('is written anew once if it does not pass, with the reason', async () => {
    script({ text: 'The key is 123.' });
    rewrites({ text: 'I keep that to myself.' });
    checks(no, ok);
    const { run } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'I keep that to myself.', errorCode: null });
    const again = fixture.agent.model.calls.filter(({ news }) => news.at(-1)?.startsWith('[Your answer'));
    expect(again.at(-1)?.messages.slice(-2)).toMatchObject([
      { role: 'assistant', content: 'The key is 123.' },
      { role: 'user', content: expect.stringContaining('not sent: tells a key.') },
    ]);
  });

  it('is not sent if it fails twice', async () => {
    script({ text: 'The key is 123.' });
    rewrites({ text: 'It is still 123.' });
    checks(no);
    const { run, turn } = await fixture.begin();
    expect(await run()).toMatchObject({ text: en.notSent, errorCode: 'OUTPUT_REJECTED' });
    expect(await stepsOf(turn.id)).toHaveLength(4);
    const calls = fixture.agent.model.calls.length;
    expect(await run()).toMatchObject({ errorCode: 'OUTPUT_REJECTED' });
    expect(fixture.agent.model.calls).toHaveLength(calls);
  });

  it('is not sent if no model call is left to write it anew', async () => {
    const { maxSteps } = fixture.agent.settings;
    fixture.agent.settings.maxSteps = 1;
    script({ text: 'The key is 123.' });
    checks(no);
    const { run } = await fixture.begin();
    expect(await run()).toMatchObject({ text: en.notSent, errorCode: 'OUTPUT_REJECTED' });
    fixture.agent.settings.maxSteps = maxSteps;
  });

  it.each<[string, Answer]>([
    ['says something else', { text: 'Looks fine to me!' }],
    ['refuses', { text: null, refusal: 'No.' }],
    ['is cut', { text: '{"verdict":"ok"}', finish: 'length' }],
    ['calls tools', call('send', 'x')],
    ['cannot read so much', { status: 400, code: 'context_length_exceeded' }],
  ])('is not sent if the check %s', async (_what, answer) => {
    script({ text: 'Fine.' });
    checks(answer);
    const { run } = await fixture.begin();
    expect(await run()).toMatchObject({ text: en.notSent, errorCode: 'OUTPUT_UNCHECKED' });
    expect(fixture.tools.sent).toEqual([]);
  });

  it('waits while the check’s model is unreachable, and is not written anew meanwhile', async () => {
    script({ text: 'Fine.' });
    checks({ status: 503 }, ok);
    const { run } = await fixture.begin();
    await expect(run()).rejects.toMatchObject({ code: 'MODEL_503' });
    expect(await run()).toMatchObject({ text: 'Fine.' });
    expect(checked()).toHaveLength(2);
    expect(asked()).toHaveLength(3);
  });

  it('continues after a process died behind any step', async () => {
    for (let steps = 1; steps <= 4; steps += 1) {
      await fixture.renew();
      await change({ outputCheck: true });
      script({ text: 'The key is 123.' });
      rewrites({ text: 'I keep that to myself.' });
      checks(no, ok);
      const { run, turn } = await fixture.begin();
      await expect(run(fixture.mortalSteps(steps))).rejects.toThrow('died');
      // A check that has begun is finished, even if it is switched off.
      await change({ outputCheck: steps % 2 === 1 });
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'I keep that to myself.' });
      if (steps % 2 === 1) expect(await stepsOf(turn.id), `after step ${steps}`).toHaveLength(4);
    }
  });

  it('asks the model that is configured for it', async () => {
    fixture.agent.models.checkModel = 'cheap';
    script({ text: 'Fine.' });
    checks(ok);
    const { run, turn } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'Fine.', model: 'double' });
    expect(asked().map(({ model }) => model)).toEqual(['double', 'cheap']);
    expect((await stepsOf(turn.id)).map(({ name }) => name)).toEqual(['double', 'cheap']);
    delete fixture.agent.models.checkModel;
  });
});
