import { describe, expect, it } from 'vitest';
import { openGuardScene } from './guard-scene.spec-support.js';

const scene = openGuardScene();
const { asked, call, change, results, script, stepsOf } = scene;

describe('A tool that is not permitted', () => {
  const offered = () => asked().map(({ tools }) => tools.map((tool) => tool.function.name));

  it('is not offered, by the settings or the conversation, in the order of names', async () => {
    Object.assign(scene.agent.toolSettings, { denied: ['pa*'] });
    await change({ tools: { allow: ['send', 'page', 'look'], deny: ['send'] } });
    const { run } = await scene.begin();
    await run();
    expect(offered()).toEqual([['look']]);
  });

  it('is not called though the model asks for it, and the model learns what there is', async () => {
    await change({ tools: { allow: ['look'], deny: [] } });
    script(call('send', 'x'), call('lok', 'x'), { text: 'Sorry.' });
    const { run, turn } = await scene.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
    expect(scene.desk.sent).toEqual([]);
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

  it('is refused before anybody is asked about it', async () => {
    await change({ tools: { allow: null, deny: ['send'] } });
    script(call('page'), call('send', 'x'), { text: 'Sorry.' });
    const { run } = await scene.begin();
    expect(await run()).toMatchObject({ text: 'Sorry.' });
  });

  it('leaves a model without tools where nothing is permitted', async () => {
    await change({ tools: { allow: [], deny: [] } });
    const { run } = await scene.begin();
    await run();
    expect(asked()[0]?.body).not.toHaveProperty('tools');
  });

  it('is one for everybody who wrote for the turn, and for nobody else', async () => {
    const sender = scene.conversation.chatId;
    await scene.agent.personTools.set(scene.conversation.channel, sender + 1n, { allow: [], deny: [] });
    await scene.agent.personTools.set('elsewhere', sender, { allow: [], deny: [] });
    await scene.agent.personTools.set(scene.conversation.channel, sender, { allow: ['*'], deny: ['send'] });
    const { run } = await scene.begin();
    await run();
    expect(offered()).toEqual([['look', 'page']]);
    await scene.agent.personTools.set(scene.conversation.channel, sender, null);
    await scene.agent.personTools.set(scene.conversation.channel, sender + 1n, null);
  });
});
