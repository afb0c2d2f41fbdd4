import { describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { failures } from '../../../test/support/telegram-double.js';
import { eventually } from '../../../test/support/eventually.js';
import { telegramParts } from '../../../test/support/telegram-channel.js';
import { membershipUpdate } from '../../../test/support/updates.js';
import type { SendOutcome } from '../../channel/channel.js';
import { TelegramChannel } from '../../telegram/telegram-channel.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, asked, states, turns, history } = fixture;

/** A gate that holds callers back until it is opened. */
function gate() {
  let release = (): void => undefined;
  const opened = new Promise<void>((resolve) => (release = resolve));
  const at = {
    reached: false,
    pass: async () => {
      at.reached = true;
      await opened;
    },
    release: () => release(),
  };
  return at;
}

/** Sends the waiting replies. By default, the chat has blocked the bot. */
async function deliver(chat: 'blocked' | 'open' = 'blocked'): Promise<void> {
  const { agent, conversation } = fixture;
  if (chat === 'blocked')
    agent.telegram.failNext({
      method: 'sendMessage',
      chat: Number(conversation.chatId),
      with: failures.blocked,
    });
  await delivererOf(agent.room, agent.channel).run(conversation.id);
}

/** Sends the waiting replies to a chat that has blocked the bot; `happen` runs before the refusal is recorded. */
async function deliverMeanwhile(happen: () => Promise<void>): Promise<void> {
  const { room, telegram } = fixture.agent;
  const answer = gate();
  class SlowAnswer extends TelegramChannel {
    override async send(...call: Parameters<TelegramChannel['send']>): Promise<SendOutcome> {
      const outcome = await super.send(...call);
      await answer.pass();
      return outcome;
    }
  }
  const chat = Number(fixture.conversation.chatId);
  telegram.failNext({ method: 'sendMessage', chat, with: failures.blocked });
  const sending = delivererOf(room, new SlowAnswer(...telegramParts(telegram))).run(fixture.conversation.id);
  await eventually(() => expect(answer.reached).toBe(true));
  await happen();
  answer.release();
  await sending;
}

const isMarked = async () =>
  (await fixture.agent.room.conversations.find(fixture.conversation.id))?.unreachableAt !== null;

describe('An unreachable chat', () => {
  it('gets no turn: its messages are recorded, and the model is not asked', async () => {
    await say(`${fixture.word} hello`);
    await run();
    await say(`${fixture.word} this waits`);
    await deliver();
    expect(await isMarked()).toBe(true);
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(asked()).toHaveLength(1);
    expect(await states()).toEqual(['done', 'dropped']);
  });

  it('ends its paused turn', async () => {
    await say(`${fixture.word} first`);
    await run();
    fixture.agent.model.script(fixture.word, { status: 500 }, { status: 500 });
    await say(`${fixture.word} second`);
    await run();
    await deliver();
    await fixture.waitOver();
    const calls = asked().length;
    await run();
    expect(asked()).toHaveLength(calls);
    expect(await turns()).toMatchObject([
      { state: 'done' },
      { state: 'cancelled', errorCode: 'CHAT_UNREACHABLE' },
    ]);
  });

  it('gets turns again as soon as a person writes there', async () => {
    await say(`${fixture.word} hello`);
    await run();
    await deliver();
    await say(`${fixture.word} I am back`);
    expect((await run()).replied).toBe(true);
    expect(asked()).toHaveLength(2);
    expect(await isMarked()).toBe(false);
  });

  it('gets a turn for messages that were written while the refused reply was being sent', async () => {
    await say(`${fixture.word} hello`);
    await run();
    for (const waits of [true, false]) {
      await deliverMeanwhile(async () => {
        fixture.agent.model.script(fixture.word, { status: 500 }, { status: 500 }, { text: 'Welcome back.' });
        await say(`${fixture.word} I am back`);
        // Or a turn has claimed the message by then, and is paused.
        if (!waits) await run();
      });
      expect(await isMarked()).toBe(false);
      for (let tries = 0; tries < 3; tries += 1) {
        await fixture.waitOver();
        await run();
      }
      expect((await history()).at(-1)).toBe('assistant: Welcome back.');
    }
  });

  it.each(['that', 'another'])(
    'is not marked where the bot is let in, as %s topic says, while the refused message is being sent',
    async (which) => {
      const { room, commands } = fixture.agent;
      const { chatId } = fixture.conversation;
      const topic =
        which === 'that' ? fixture.conversation : await room.conversation({ chatId, threadId: '7' });
      await say(`${fixture.word} hello`);
      await run();
      await deliverMeanwhile(async () => {
        await room.event(topic, '/unblocked', {}, membershipUpdate(Number(chatId), 'kicked', 'member'));
        await commands.handleWaiting(topic.id, null);
      });
      expect(await isMarked()).toBe(false);
    },
  );

  it('stays unreachable at a planned task', async () => {
    await say(`${fixture.word} hello`);
    await run();
    await deliver();
    await fixture.agent.room.event(fixture.conversation, 'planned', {
      source: 'schedule',
      externalId: `${fixture.conversation.id}:1`,
    });
    await run();
    expect(await isMarked()).toBe(true);
    expect(asked()).toHaveLength(1);
    expect(await states()).toEqual(['done', 'dropped']);
  });

  it('is reachable again when something arrives', async () => {
    await say(`${fixture.word} hello`);
    await run();
    await deliver();
    await say('/help');
    await run();
    await deliver('open');
    expect(await isMarked()).toBe(false);
  });
});
