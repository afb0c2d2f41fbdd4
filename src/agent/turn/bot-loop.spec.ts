import { describe, expect, it } from 'vitest';
import { textUpdate } from '../../../test/support/updates.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();

async function botSays(text: string): Promise<void> {
  const from = { id: 77, is_bot: true, first_name: 'Other', username: 'other_bot' };
  const update = textUpdate(Number(scene.conversation.chatId), text, { from });
  await scene.agent.room.event(scene.conversation, text, {}, update);
  await scene.run();
}

const answered = async () => (await scene.history()).filter((line) => line.startsWith('assistant: ')).length;

describe('another bot', () => {
  it('is answered three times in a row, then passed over until a person speaks', async () => {
    for (let time = 1; time <= 5; time++) await botSays(`time ${time}`);
    expect(await answered()).toBe(3);
    expect(await scene.states()).toEqual(['done', 'done', 'done', 'done', 'done']);
    await scene.say('A person');
    await scene.run();
    await botSays('again');
    expect(await answered()).toBe(5);
  });

  it('is answered beside a person', async () => {
    for (let time = 1; time <= 4; time++) await botSays(`time ${time}`);
    await scene.say('A person');
    await botSays('and I');
    expect(await answered()).toBe(4);
  });
});
