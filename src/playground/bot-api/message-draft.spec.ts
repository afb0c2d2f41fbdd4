import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SteeredClock } from '../../../test/support/steered.js';
import { BotApiSimulator } from '../bot-api-simulator.js';
import { callMethod } from './simulator.fixture.js';

const CHAT = 77;
let telegram: BotApiSimulator;
let clock: SteeredClock;

beforeEach(async () => {
  clock = new SteeredClock();
  telegram = await BotApiSimulator.start({ clock });
  telegram.say(CHAT, { firstName: 'Ada' }, 'hi');
});

afterEach(() => telegram.stop());

const draft = (more: object) =>
  callMethod(telegram, 'sendMessageDraft', { chat_id: CHAT, draft_id: 9, text: 'I', ...more });

describe('A simulated draft', () => {
  it('is refused without a number, with too long a text, and outside private chats', async () => {
    expect((await draft({ draft_id: 0 })).description).toContain('DRAFT_ID_INVALID');
    expect((await draft({ text: 'x'.repeat(4097) })).description).toContain('too long');
    expect((await draft({ chat_id: -CHAT })).description).toContain('chat not found');
  });

  it('may be stopped once, by a button that the bot asked for, and stays if the bot asked for that', async () => {
    await draft({ can_stop: false });
    expect(telegram.stopGeneration(CHAT)).toBeNull();
    await draft({ can_stop: true, keep_on_stop: true });
    expect(telegram.stopGeneration(CHAT)).toMatchObject({
      stopped_message_generation: { chat: { id: CHAT, type: 'private' }, draft_id: 9 },
    });
    expect(telegram.stopGeneration(CHAT)).toBeNull();
    expect(telegram.chat(CHAT)?.draft).toMatchObject({ text: 'I' });
    await draft({ can_stop: true });
    telegram.stopGeneration(CHAT);
    expect(telegram.chat(CHAT)?.draft).toBeNull();
  });

  it('is gone after 30 seconds', async () => {
    await draft({ can_stop: true });
    clock.aheadMs = 30_000;
    expect(telegram.chat(CHAT)?.draft).toBeNull();
    expect(telegram.stopGeneration(CHAT)).toBeNull();
  });

  it('produces no update where the bot asked for other updates', async () => {
    await callMethod(telegram, 'setWebhook', { url: '', allowed_updates: ['message'] });
    await draft({ can_stop: true });
    expect(telegram.stopGeneration(CHAT)).toBeNull();
  });
});
