import { describe, expect, it } from 'vitest';
import { textUpdate } from '../../../test/support/updates.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();

async function botSays(text: string): Promise<void> {
  const from = { id: 77, is_bot: true, first_name: 'Other', username: 'other_bot' };
  const update = textUpdate(Number(fixture.conversation.chatId), text, { from });
  await fixture.agent.room.event(fixture.conversation, text, {}, update);
  await fixture.run();
}

const answered = async () =>
  (await fixture.history()).filter((line) => line.startsWith('assistant: ')).length;

describe('another bot', () => {
  it('is answered three times in a row, then passed over until a person speaks', async () => {
    for (let time = 1; time <= 5; time++) await botSays(`time ${time}`);
    expect(await answered()).toBe(3);
    expect(await fixture.states()).toEqual(['done', 'done', 'done', 'done', 'done']);
    await fixture.say('A person');
    await fixture.run();
    await botSays('again');
    expect(await answered()).toBe(5);
  });

  it('is answered beside a person', async () => {
    for (let time = 1; time <= 4; time++) await botSays(`time ${time}`);
    await fixture.say('A person');
    await botSays('and I');
    expect(await answered()).toBe(4);
  });
});
