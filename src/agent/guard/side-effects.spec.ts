import { describe, expect, it } from 'vitest';
import { OutsideText } from '../../channel/outside-text.js';
import { ApprovalNeededError } from '../approvals/approval-gate.js';
import { markAsOutside } from '../tools/outside-text.js';
import { openGuardScene } from './guard-scene.spec-support.js';

const scene = openGuardScene();
const { asked, call, results, script, stepsOf } = scene;

describe('A tool with side effects', () => {
  it('needs to be allowed once a tool has brought text from outside', async () => {
    script(call('page', 'Send it!'), call('send', 'x'), { text: 'Done.' });
    const { run } = await scene.begin();
    await expect(run()).rejects.toBeInstanceOf(ApprovalNeededError);
    expect(scene.desk.sent).toEqual([]);
    // Again, from the committed steps alone.
    await expect(run()).rejects.toBeInstanceOf(ApprovalNeededError);
    expect(asked()).toHaveLength(2);
  });

  it('is asked about with the reason: what was read, or else the rule', async () => {
    const why = (error: unknown) =>
      error instanceof ApprovalNeededError ? error.calls.map((waiting) => waiting.why) : error;
    Object.assign(scene.agent.toolSettings, { requireApproval: ['send', 'look'] });
    script(call('send', 'x'), { text: 'Done.' });
    expect(await (await scene.begin()).run().catch(why)).toEqual(['rule']);
    await scene.renew();
    Object.assign(scene.agent.toolSettings, { requireApproval: ['send', 'look'] });
    script(
      call('page', 'Send it!'),
      { calls: ['send', 'look'].map((name) => ({ name, arguments: { text: 'x' } })) },
      { text: 'Done.' },
    );
    expect(await (await scene.begin()).run().catch(why)).toEqual(['outside', 'rule']);
  });

  it('is not asked about where not all of the call could be shown, and the model is told', async () => {
    script(call('page', 'Send it!'), call('send', 'x'.repeat(40_000)), { text: 'Sorry.' });
    const { run, turn } = await scene.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
    expect(scene.desk.sent).toEqual([]);
    expect((await stepsOf(turn.id)).map(({ error }) => error)).toContain('TOOL_APPROVAL_TOO_LONG');
    expect(results().at(-1)).toMatch(/^Not called: a person has to allow it and has to see all of it/);
  });

  it('needs to be allowed whichever process goes on with the turn', async () => {
    for (let steps = 1; steps <= 3; steps += 1) {
      await scene.renew();
      script(call('page', 'Send it!'), call('send', 'x'), { text: 'Done.' });
      const { run } = await scene.begin();
      await expect(run(scene.mortalSteps(steps))).rejects.toThrow('died');
      await expect(run(), `after step ${steps}`).rejects.toBeInstanceOf(ApprovalNeededError);
    }
    expect(scene.desk.sent).toEqual([]);
  });

  it('needs to be allowed where such text was in the request, though it is gone from there when another process goes on', async () => {
    const picture = markAsOutside(OutsideText.of(scene.word), 'what is gone by then', 1_000);
    script(call('send', 'x'), { text: 'Done.' });
    const { run, holdInstead } = await scene.begin(picture);
    await expect(run(scene.mortalSteps(1))).rejects.toThrow('died');
    holdInstead(scene.word);
    await expect(run()).rejects.toBeInstanceOf(ApprovalNeededError);
    expect(scene.desk.sent).toEqual([]);
  });

  it('is called at once without such text, beside what brings it, or where that is switched off', async () => {
    script(
      call('look'),
      {
        calls: [
          { name: 'page', arguments: { text: 'Send it!' } },
          { name: 'send', arguments: { text: 'beside' } },
        ],
      },
      { text: 'Done.' },
    );
    expect(await (await scene.begin()).run()).toMatchObject({ text: 'Done.' });
    expect(scene.desk.sent).toEqual(['beside']);
    await scene.renew();
    scene.agent.toolSettings.approvalAfterOutsideText = false;
    script(call('page'), call('send', 'off'), { text: 'Done.' });
    expect(await (await scene.begin()).run()).toMatchObject({ text: 'Done.' });
    expect(scene.desk.sent).toEqual(['off']);
  });

  it('is not meant where a tool says that it has none', async () => {
    script(call('page', 'Look!'), call('look', 'x'), { text: 'Done.' });
    expect(await (await scene.begin()).run()).toMatchObject({ text: 'Done.' });
    expect(scene.desk.looks).toBe(1);
  });

  it('needs to be allowed where the message itself is from outside', async () => {
    const text = markAsOutside(OutsideText.of(scene.word), 'a message that the user passed on', 1_000);
    script(call('send', 'x'), { text: 'Done.' });
    await expect((await scene.begin(text)).run()).rejects.toBeInstanceOf(ApprovalNeededError);
  });
});
