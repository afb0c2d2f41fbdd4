import { describe, expect, it } from 'vitest';
import { UserId } from '../../../channel/ids.js';
import { openPolicyFixture } from './policy.fixture.js';

const fixture = openPolicyFixture();
const { asked, call, change, results, script, stepsOf } = fixture;

describe('A tool that is not permitted', () => {
  const offered = () => asked().map(({ tools }) => tools.map((tool) => tool.function.name));

  it('is not offered, by the settings or the conversation, in the order of names', async () => {
    Object.assign(fixture.agent.toolSettings, { denied: ['pa*'] });
    await change({ tools: { allow: ['send', 'page', 'look'], deny: ['send'] } });
    const { run } = await fixture.begin();
    await run();
    expect(offered()).toEqual([['look']]);
  });

  it('is not called if the model asks for it, and the model learns the permitted ones', async () => {
    await change({ tools: { allow: ['look'], deny: [] } });
    script(call('send', 'x'), call('lok', 'x'), { text: 'Sorry.' });
    const { run, turn } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
    expect(fixture.tools.sent).toEqual([]);
    expect((await stepsOf(turn.id)).map(({ error }) => error)).toEqual([
      null,
      'TOOL_NOT_PERMITTED',
      null,
      'TOOL_UNKNOWN',
      null,
    ]);
    expect(results()).toEqual([
      'Not called: send may not be used here. The tools are: look.',
      'There is no tool "lok". The tools are: look.',
    ]);
  });

  it('is refused before any person is asked', async () => {
    await change({ tools: { allow: null, deny: ['send'] } });
    script(call('page'), call('send', 'x'), { text: 'Sorry.' });
    const { run } = await fixture.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
  });

  it('leaves the model without tools if nothing is permitted', async () => {
    await change({ tools: { allow: [], deny: [] } });
    const { run } = await fixture.begin();
    await run();
    expect(asked()[0]?.body).not.toHaveProperty('tools');
  });

  it('depends on everybody who wrote for the turn, and on nobody else', async () => {
    const sender = fixture.conversation.chatId;
    await fixture.agent.personTools.set(fixture.conversation.channel, UserId(`${sender}1`), {
      allow: [],
      deny: [],
    });
    await fixture.agent.personTools.set('elsewhere', UserId(sender), { allow: [], deny: [] });
    await fixture.agent.personTools.set(fixture.conversation.channel, UserId(sender), {
      allow: ['*'],
      deny: ['send'],
    });
    const { run } = await fixture.begin();
    await run();
    expect(offered()).toEqual([['look', 'page']]);
    await fixture.agent.personTools.set(fixture.conversation.channel, UserId(sender), null);
    await fixture.agent.personTools.set(fixture.conversation.channel, UserId(`${sender}1`), null);
  });
});
