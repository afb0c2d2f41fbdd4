import { describe, expect, it } from 'vitest';
import { OutsideText } from '../../../channel/outside-text.js';
import { ApprovalNeededError } from './approval-gate.js';
import { markAsOutside } from '../../tools/outside-text.js';
import { openPolicyFixture } from './policy.fixture.js';

const fixture = openPolicyFixture();
const { asked, call, results, script, stepsOf } = fixture;

describe('A tool with side effects', () => {
  it('needs approval once a tool has brought text from outside', async () => {
    script(call('page', 'Send it!'), call('send', 'x'), { text: 'Done.' });
    const { run } = await fixture.begin();
    await expect(run()).rejects.toBeInstanceOf(ApprovalNeededError);
    expect(fixture.tools.sent).toEqual([]);
    // Once more, from the committed steps alone.
    await expect(run()).rejects.toBeInstanceOf(ApprovalNeededError);
    expect(asked()).toHaveLength(2);
  });

  it('is asked about with the reason: the outside text, or else the rule', async () => {
    const why = (error: unknown) =>
      error instanceof ApprovalNeededError ? error.calls.map((waiting) => waiting.why) : error;
    Object.assign(fixture.agent.toolSettings, { requireApproval: ['send', 'look'] });
    script(call('send', 'x'), { text: 'Done.' });
    expect(await (await fixture.begin()).run().catch(why)).toEqual(['rule']);
    await fixture.renew();
    Object.assign(fixture.agent.toolSettings, { requireApproval: ['send', 'look'] });
    script(
      call('page', 'Send it!'),
      { calls: ['send', 'look'].map((name) => ({ name, arguments: { text: 'x' } })) },
      { text: 'Done.' },
    );
    expect(await (await fixture.begin()).run().catch(why)).toEqual(['outside', 'rule']);
  });

  it('is refused unasked if the call cannot be shown whole, and the model learns why', async () => {
    script(call('page', 'Send it!'), call('send', 'x'.repeat(40_000)), { text: 'Sorry.' });
    const { run, turn } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
    expect(fixture.tools.sent).toEqual([]);
    expect((await stepsOf(turn.id)).map(({ error }) => error)).toContain('TOOL_APPROVAL_TOO_LONG');
    expect(results().at(-1)).toMatch(/^Not called: a person has to allow it and has to see all of it/);
  });

  it('is asked about only if it can be called as it is', async () => {
    script(call('page', 'Send it!'), { calls: [{ name: 'send', arguments: {} }] }, { text: 'Sorry.' });
    const { run, turn } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
    expect((await stepsOf(turn.id)).map(({ error }) => error)).toContain('TOOL_ARGUMENTS_INVALID');
  });

  it('needs approval, whichever process continues the turn', async () => {
    for (let steps = 1; steps <= 3; steps += 1) {
      await fixture.renew();
      script(call('page', 'Send it!'), call('send', 'x'), { text: 'Done.' });
      const { run } = await fixture.begin();
      await expect(run(fixture.mortalSteps(steps))).rejects.toThrow('died');
      await expect(run(), `after step ${steps}`).rejects.toBeInstanceOf(ApprovalNeededError);
    }
    expect(fixture.tools.sent).toEqual([]);
  });

  it('needs approval if such text was in the request, even if it is gone when another process continues', async () => {
    const picture = markAsOutside(OutsideText.fromUntrusted(fixture.word), 'what is gone by then', 1_000);
    script(call('send', 'x'), { text: 'Done.' });
    const { run, holdInstead } = await fixture.begin(picture);
    await expect(run(fixture.mortalSteps(1))).rejects.toThrow('died');
    holdInstead(fixture.word);
    await expect(run()).rejects.toBeInstanceOf(ApprovalNeededError);
    expect(fixture.tools.sent).toEqual([]);
  });

  it('is called at once without such text, beside the call that brings it, or if the setting is off', async () => {
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
    expect(await (await fixture.begin()).run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.sent).toEqual(['beside']);
    await fixture.renew();
    fixture.agent.toolSettings.approvalAfterOutsideText = false;
    script(call('page'), call('send', 'off'), { text: 'Done.' });
    expect(await (await fixture.begin()).run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.sent).toEqual(['off']);
  });

  it('needs no approval if the tool declares that it has none', async () => {
    script(call('page', 'Look!'), call('look', 'x'), { text: 'Done.' });
    expect(await (await fixture.begin()).run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.looks).toBe(1);
  });

  it('needs approval if the message itself is from outside', async () => {
    const text = markAsOutside(
      OutsideText.fromUntrusted(fixture.word),
      'a message that the user passed on',
      1_000,
    );
    script(call('send', 'x'), { text: 'Done.' });
    await expect((await fixture.begin(text)).run()).rejects.toBeInstanceOf(ApprovalNeededError);
  });
});
