import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { delivererOf } from '../../test/support/delivery-parts.js';
import { eventually } from '../../test/support/eventually.js';
import { Room } from '../../test/support/room.js';
import { failures, TelegramDouble } from '../../test/support/telegram-double.js';
import { telegramChannel, telegramParts } from '../../test/support/telegram-channel.js';
import type { Channel, SendOutcome } from '../channel/channel.js';
import type { Conversation, Reply } from '../generated/prisma/client.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { TelegramChannel } from '../telegram/telegram-channel.js';
import type { Deliverer } from './deliverer.js';
import { Outbox } from './outbox.js';
import { GIVE_UP_AFTER_MS, LEAST_ATTEMPTS } from './send-decision.js';

let room: Room;
let telegram: TelegramDouble;
let conversation: Conversation;
let chat: number;
let stopping: Stopping;
let deliverer: Deliverer;
let outbox: Outbox;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

beforeEach(async () => {
  telegram = await TelegramDouble.start();
  conversation = await room.conversation();
  chat = Number(conversation.chatId);
  stopping = new Stopping();
  const channel = telegramChannel(telegram);
  outbox = new Outbox(channel);
  deliverer = delivererOver(channel);
});
afterEach(() => telegram.close());

function delivererOver(channel: Channel): Deliverer {
  return delivererOf(room, channel, { stopping });
}

const write = (text: string) =>
  room.prisma.$transaction((tx) => outbox.add(tx, { conversationId: conversation.id, text }));
const run = () => deliverer.run(conversation.id);
const stored = (): Promise<Reply[]> =>
  room.prisma.reply.findMany({ where: { conversationId: conversation.id }, orderBy: { id: 'asc' } });
const states = async () => (await stored()).map(({ state }) => state);
const letters = () => room.prisma.deadLetter.findMany({ where: { conversationId: conversation.id } });
/** Ends every deferral, as passing time does. */
const waitOver = async () => {
  await room.pool.query('UPDATE replies SET available_at = now() WHERE conversation_id = $1', [
    conversation.id,
  ]);
  await room.pool.query('UPDATE flood_windows SET paused_until = NULL');
};

const olderBy = (ms: number) =>
  room.pool.query(
    `UPDATE replies SET created_at = created_at - $2 * interval '1 ms' WHERE conversation_id = $1`,
    [conversation.id, ms],
  );

/** Telegram accepts the message, and the database is gone before the answer arrives, until the test brings it back. */
class DatabaseAwayAfterSend extends TelegramChannel {
  constructor() {
    super(...telegramParts(telegram));
  }

  override async send(...call: Parameters<TelegramChannel['send']>): Promise<SendOutcome> {
    const outcome = await super.send(...call);
    await room.pool.query('ALTER TABLE replies RENAME TO replies_away');
    return outcome;
  }

  async comeBack(): Promise<void> {
    await room.pool.query('ALTER TABLE replies_away RENAME TO replies');
  }
}

describe('Deliverer', () => {
  it('sends at once a reply committed by a machine whose clock is ahead', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 600_000 });
    await write('hello').finally(() => vi.useRealTimers());
    await run();
    expect(await states()).toEqual(['sent']);
  });

  it('sends replies in the order of their commits, the parts of each together', async () => {
    await write('one');
    await write(Array.from({ length: 120 }, (_, line) => `line ${line}: ${'words '.repeat(12)}`).join('\n'));
    await write('three');
    expect(await run()).toEqual({ next: 'none' });
    const shown = telegram.textsOf(chat);
    expect(shown.length).toBeGreaterThan(3);
    expect(shown[0]).toBe('one');
    expect(shown.at(-1)).toBe('three');
    const lines = [...shown.join('\n').matchAll(/line (\d+):/g)].map(([, number]) => Number(number));
    expect(lines).toEqual(Array.from({ length: 120 }, (_, line) => line));
    const replies = await stored();
    expect(
      replies.every(
        ({ state, settledAt, channelMessageId }) => state === 'sent' && settledAt && channelMessageId,
      ),
    ).toBe(true);
    expect(replies.slice(1, -1).map(({ part }) => part)).toEqual(
      replies.slice(1, -1).map((_, index) => index),
    );
  });

  it('sends no reply twice', async () => {
    await write('once');
    await run();
    await run();
    expect(telegram.callsOf('sendMessage', chat)).toHaveLength(1);
  });

  it('comes back after the pause Telegram asked for', async () => {
    await write('first');
    await write('second');
    telegram.failNext({ method: 'sendMessage', with: failures.limited(60) });
    const outcome = await run();
    expect(outcome.next).toBe('later');
    expect(outcome.next === 'later' && outcome.delayMs).toBeGreaterThan(5_000);
    expect(await stored()).toMatchObject([{ state: 'pending', attempts: 0 }, { state: 'pending' }]);
    await waitOver();
    expect(await run()).toEqual({ next: 'none' });
    expect(telegram.textsOf(chat)).toEqual(['first', 'second']);
  });

  it('tries again, with growing pauses, while Telegram is unavailable', async () => {
    await write('late');
    telegram.failNext({ method: 'sendMessage', times: 2, with: failures.serverError });
    const pauses: number[] = [];
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const outcome = await run();
      pauses.push(outcome.next === 'later' ? outcome.delayMs : -1);
      await waitOver();
    }
    expect(pauses[0]).toBeGreaterThan(0);
    expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0);
    expect(await stored()).toMatchObject([
      { state: 'pending', attempts: 2, error: expect.stringContaining('500') },
    ]);
    await run();
    expect(await stored()).toMatchObject([{ state: 'sent', attempts: 3 }]);
    expect(telegram.textsOf(chat)).toEqual(['late']);
  });

  it('makes a dead letter of a reply that could not be sent for a day, and sends the next', async () => {
    await write('too late');
    await write('next');
    await room.prisma.reply.updateMany({ data: { attempts: LEAST_ATTEMPTS } });
    await olderBy(GIVE_UP_AFTER_MS + 60_000);
    telegram.failNext({ method: 'sendMessage', with: failures.serverError });
    expect(await run()).toEqual({ next: 'none' });
    expect(await states()).toEqual(['failed', 'sent']);
    expect(await letters()).toMatchObject([{ kind: 'reply', reason: 'CHANNEL_UNAVAILABLE' }]);
    expect(telegram.textsOf(chat)).toEqual(['next']);
  });

  it('gives up no reply younger than a day by the database’s clock, however far ahead its own clock is', async () => {
    await write('in time');
    await room.prisma.reply.updateMany({ data: { attempts: LEAST_ATTEMPTS } });
    await olderBy(GIVE_UP_AFTER_MS - 60_000);
    telegram.failNext({ method: 'sendMessage', with: failures.serverError });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + GIVE_UP_AFTER_MS });
    await run().finally(() => vi.useRealTimers());
    expect(await states()).toEqual(['pending']);
  });

  it('sends a reply of unknown outcome once more and records it as uncertain', async () => {
    await write('perhaps');
    telegram.failNext({ method: 'sendMessage', with: failures.resetAfter });
    expect((await run()).next).toBe('later');
    expect(await stored()).toMatchObject([{ state: 'uncertain', unknownSends: 1, settledAt: null }]);
    await waitOver();
    await run();
    expect(await stored()).toMatchObject([{ state: 'uncertain', attempts: 2, settledAt: expect.any(Date) }]);
    expect(telegram.textsOf(chat)).toEqual(['perhaps', 'perhaps']);
    expect(await letters()).toEqual([]);
  });

  it('makes a dead letter of a reply whose outcome is unknown twice, and sends the next', async () => {
    await write('perhaps');
    await write('next');
    telegram.failNext({ method: 'sendMessage', times: 2, with: failures.resetAfter });
    await run();
    await waitOver();
    expect(await run()).toEqual({ next: 'none' });
    expect(await states()).toEqual(['uncertain', 'sent']);
    expect(await letters()).toMatchObject([
      { reason: 'SEND_OUTCOME_UNKNOWN', subjectId: String((await stored())[0]?.id) },
    ]);
    expect(telegram.textsOf(chat)).toEqual(['perhaps', 'perhaps', 'next']);
  });

  it('sends no reply a third time behind a gateway that passes calls on and answers in Telegram’s place', async () => {
    await write('perhaps');
    telegram.failNext({ method: 'sendMessage', times: 9, with: failures.gatewayTimeout });
    for (let look = 0; look < 5; look += 1) {
      await run();
      await waitOver();
    }
    expect(telegram.textsOf(chat)).toEqual(['perhaps', 'perhaps']);
    expect(await stored()).toMatchObject([
      { state: 'uncertain', error: expect.stringContaining('HTTP 504') },
    ]);
    expect(await letters()).toMatchObject([{ reason: 'SEND_OUTCOME_UNKNOWN' }]);
  });

  it('holds the last send of a reply until the channel answers', async () => {
    await write('through an outage');
    telegram.failNext({ method: 'sendMessage', with: failures.badGateway });
    await run();
    telegram.failNext({ method: 'getMe', times: 20, with: failures.badGateway });
    for (let look = 0; look < 20; look += 1) {
      await waitOver();
      expect((await run()).next).toBe('later');
    }
    await waitOver();
    expect(await run()).toEqual({ next: 'none' });
    expect(await stored()).toMatchObject([{ state: 'uncertain', unknownSends: 1, attempts: 2 }]);
    expect(telegram.callsOf('sendMessage')).toHaveLength(2);
    expect(telegram.textsOf(chat)).toEqual(['through an outage']);
    expect(await letters()).toEqual([]);
  });

  it('asks whether the channel answers before a last send that still has time, and before no other', async () => {
    await write('first');
    await run();
    expect(telegram.callsOf('getMe')).toHaveLength(0);
    await write('given up');
    telegram.failNext({ method: 'sendMessage', with: failures.badGateway });
    await run();
    await olderBy(GIVE_UP_AFTER_MS + 60_000);
    await waitOver();
    await run();
    expect(telegram.callsOf('getMe')).toHaveLength(0);
  });

  it('treats a reply found in state sending as unknown, once; the second time it is a dead letter', async () => {
    await write('interrupted');
    await room.pool.query(`UPDATE replies SET state = 'sending', attempts = 1 WHERE conversation_id = $1`, [
      conversation.id,
    ]);
    expect((await run()).next).toBe('later');
    expect(telegram.callsOf('sendMessage')).toHaveLength(0);
    expect(await stored()).toMatchObject([{ state: 'uncertain', unknownSends: 1, attempts: 1 }]);
    await room.pool.query(
      `UPDATE replies SET state = 'sending', attempts = 2, available_at = now() WHERE conversation_id = $1`,
      [conversation.id],
    );
    expect(await run()).toEqual({ next: 'none' });
    expect(await letters()).toMatchObject([{ reason: 'SEND_OUTCOME_UNKNOWN', attempts: 2 }]);
    expect(telegram.callsOf('sendMessage')).toHaveLength(0);
  });

  it('makes a dead letter of a reply that Telegram refuses, with Telegram’s reason, and sends the next', async () => {
    await write('refused');
    await write('next');
    telegram.failNext({ method: 'sendMessage', with: failures.blocked });
    expect(await run()).toEqual({ next: 'none' });
    expect(await states()).toEqual(['failed', 'sent']);
    expect(await letters()).toMatchObject([
      {
        reason: 'BOT_BLOCKED',
        attempts: 1,
        firstError: expect.stringContaining('blocked'),
        lastError: expect.stringContaining('403'),
      },
    ]);
    expect(telegram.textsOf(chat)).toEqual(['next']);
  });

  it('records no outcome when another sender took over during the call, which then treats the reply as unknown', async () => {
    await write('contested');
    telegram.failNext({ method: 'sendMessage', with: failures.hangAfter });
    const suspended = run();
    await eventually(() => expect(telegram.callsOf('sendMessage')).toHaveLength(1));
    const current = await room.takeOver(conversation.id, 'deliveries');
    // The suspended sender's heartbeat finds the loss and ends its call.
    expect(await suspended).toEqual({ next: 'none' });
    expect(await stored()).toMatchObject([{ state: 'sending', attempts: 1, settledAt: null }]);
    await room.leases.release(current);
    await run();
    expect(await stored()).toMatchObject([{ state: 'uncertain', unknownSends: 1 }]);
  });

  it('sends from one of two processes at a time; the other looks again soon', async () => {
    await write('one sender');
    await room.lease(conversation.id, 'deliveries');
    expect(await run()).toEqual({ next: 'later', delayMs: 2_000 });
    expect(telegram.callsOf('sendMessage')).toHaveLength(0);
  });

  it('starts no further reply once the process is stopping', async () => {
    await write('not by us');
    stopping.onModuleDestroy();
    expect(await run()).toEqual({ next: 'now' });
    expect(await states()).toEqual(['pending']);
  });

  it('records a sent reply although the database is away at that moment', async () => {
    await write('kept');
    const away = new DatabaseAwayAfterSend();
    const warned = vi.spyOn(Logger.prototype, 'warn');
    const sending = delivererOver(away)
      .run(conversation.id)
      .catch((error: unknown) => error);
    try {
      // Not before the record has failed at least once.
      await eventually(() =>
        expect(warned).toHaveBeenCalledWith(expect.objectContaining({ msg: 'write repeated' })),
      );
    } finally {
      warned.mockRestore();
      await away.comeBack();
    }
    expect(await sending).toEqual({ next: 'none' });
    expect(telegram.callsOf('sendMessage', chat)).toHaveLength(1);
    expect(await states()).toEqual(['sent']);
  });

  it('sends no reply to an erased conversation', async () => {
    await write('erased');
    await room.prisma.conversation.delete({ where: { id: conversation.id } });
    expect((await run()).next).not.toBe('now');
    expect(telegram.callsOf('sendMessage')).toHaveLength(0);
  });
});
