import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChannelMessageId } from '../channel/ids.js';
import { delivererOf, openFloodGate } from '../../test/support/delivery-parts.js';
import { HeldEdits } from '../../test/support/held-edits.js';
import { letTimePass, setClockBack } from '../../test/support/set-clock.js';
import { Room } from '../../test/support/room.js';
import { failures, TelegramDouble } from '../../test/support/telegram-double.js';
import { telegramChannel } from '../../test/support/telegram-channel.js';
import { LeaseLostError } from '../platform/errors/errors.js';
import type { Conversation } from '../generated/prisma/client.js';
import type { TelegramChannel } from '../telegram/telegram-channel.js';
import type { FloodGate } from './flood/flood-gate.js';
import { CONFIRM_SOON_MS, LATE_MS } from './late-edit.js';
import { LateEditRepository } from './late-edit.repository.js';
import { Outbox } from './outbox.js';
import { GIVE_UP_AFTER_MS } from './send-decision.js';

const HOUR_MS = 3_600_000;
let room: Room;
let telegram: TelegramDouble;
let conversation: Conversation;
let channel: TelegramChannel;
let outbox: Outbox;
let gate: FloodGate;
let lateEdits: LateEditRepository;
let messageId: ChannelMessageId;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

/** A message that was sent. */
beforeEach(async () => {
  telegram = await TelegramDouble.start();
  conversation = await room.conversation();
  channel = telegramChannel(telegram);
  outbox = new Outbox(channel);
  gate = openFloodGate(room.prisma);
  lateEdits = new LateEditRepository(room.prisma, room.leases, gate);
  await write('first');
  await run();
  messageId = ChannelMessageId((await reply()).channelMessageId ?? '');
});
afterEach(() => telegram.close());

const write = (text: string) =>
  room.prisma.$transaction((tx) => outbox.add(tx, { conversationId: conversation.id, text }));
const run = (by: TelegramChannel = channel) => delivererOf(room, by, { gate }).run(conversation.id);
const shown = () => telegram.textsOf(Number(conversation.chatId));
const edits = () => telegram.callsOf('editMessageText', Number(conversation.chatId)).length;
const reply = () => room.prisma.reply.findFirstOrThrow({ where: { conversationId: conversation.id } });
const doubts = () => room.prisma.lateEdit.findMany({ where: { conversationId: conversation.id } });
const message = () => ({ conversationId: conversation.id, channelMessageId: messageId });

/** A correction changes the text of the message. */
const change = (text: string) =>
  room.pool.query(
    `UPDATE replies SET body = jsonb_set(body, '{text}', to_jsonb($2::text)), state = 'pending', settled_at = NULL,
       attempts = 0, available_at = 'epoch'
     WHERE conversation_id = $1`,
    [conversation.id, text],
  );

const timePasses = (ms: number) => letTimePass(room, ms);

describe('The confirmation of a text that a late edit may have overwritten', () => {
  it('sends the text once and keeps no record when no edit is in doubt', async () => {
    await change('second');
    expect(await run()).toEqual({ next: 'none' });
    expect(edits()).toBe(1);
    expect(await doubts()).toEqual([]);
  });

  it('sends the text again after a suspended sender wrote an older one', async () => {
    await change('second');
    const suspended = new HeldEdits(telegram);
    const late = suspended.holdRequest();
    const old = run(suspended);
    await late.reached;
    await room.expire(conversation.id);
    await run();
    await change('third');
    await run();
    // Long after the wait for such an edit has ended.
    for (let step = 0; step < 8; step += 1) {
      await timePasses(LATE_MS);
      await run();
    }
    expect(await doubts()).toEqual([]);
    late.release();
    expect(await old).toEqual({ next: 'now' });
    expect(shown()).toEqual(['second']);
    await run();
    expect(shown()).toEqual(['third']);
    expect(await doubts()).toEqual([]);
    expect(await reply()).toMatchObject({ state: 'sent' });
  });

  it('sends the text again after an edit whose sender died during the call', async () => {
    await change('second');
    const dead = new HeldEdits(telegram);
    const late = dead.dieInNext();
    await expect(run(dead)).rejects.toThrow('dead');
    await run();
    await change('third');
    await run();
    await late.arrives();
    expect(shown()).toEqual(['second']);
    await timePasses(LATE_MS);
    await run();
    expect(shown()).toEqual(['third']);
  });

  it('sends the text again after an edit whose connection broke', async () => {
    await change('second');
    const broken = new HeldEdits(telegram);
    const late = broken.breakNext();
    await run(broken);
    await change('third');
    // A late edit takes a moment to arrive, so the next run confirms the text.
    expect(await run()).toEqual({ next: 'later', delayMs: CONFIRM_SOON_MS });
    await late.arrives();
    expect(shown()).toEqual(['second']);
    await run();
    expect(shown()).toEqual(['third']);
    await late.arrives();
    expect(shown()).toEqual(['second']);
    await timePasses(LATE_MS);
    await run();
    expect(shown()).toEqual(['third']);
  });

  it('sends the text again after a confirmation that was itself overtaken', async () => {
    await lateEdits.mark(message(), 0);
    const suspended = new HeldEdits(telegram);
    const late = suspended.holdRequest();
    const old = run(suspended);
    await late.reached;
    await room.expire(conversation.id);
    await change('second');
    await run();
    late.release();
    await old;
    expect(shown()).toEqual(['first']);
    await run();
    expect(shown()).toEqual(['second']);
  });

  it('sends the text again after a confirmation whose sender died during the call', async () => {
    await lateEdits.mark(message(), 0);
    const dead = new HeldEdits(telegram);
    const late = dead.dieInNext();
    await expect(run(dead)).rejects.toThrow('dead');
    await change('second');
    await run();
    await run();
    await late.arrives();
    expect(shown()).toEqual(['first']);
    await timePasses(LATE_MS);
    await run();
    expect(shown()).toEqual(['second']);
  });

  it('sends the newest text when a later reply has changed the message', async () => {
    await lateEdits.mark(message(), LATE_MS);
    const { conversationId, channelMessageId } = message();
    await room.prisma.reply.create({
      data: { conversationId, channelMessageId, body: { text: 'newer', entities: [] } },
    });
    await run();
    await timePasses(LATE_MS);
    await run();
    expect(edits()).toBeGreaterThan(1);
    expect(shown()).toEqual(['newer']);
  });

  it('does not delay the replies behind it', async () => {
    await lateEdits.mark(message(), LATE_MS);
    await run();
    await write('next');
    await run();
    expect(shown()).toEqual(['first', 'next']);
    expect(await doubts()).toHaveLength(1);
  });

  it('repeats a few times at most, the last time when no late edit can arrive any more', async () => {
    await lateEdits.mark(message(), LATE_MS);
    let looks = 0;
    for (let left = await doubts(); left.length > 0; left = await doubts()) {
      const outcome = await run();
      const [doubt] = await doubts();
      if (doubt) expect(outcome.next).toBe('later');
      await timePasses(outcome.next === 'later' ? outcome.delayMs : 0);
      looks += 1;
      expect(looks).toBeLessThan(10);
    }
    expect(edits()).toBeLessThanOrEqual(8);
    expect(await run()).toEqual({ next: 'none' });
  });

  it('leaves the record of the reply as it is: state, time and number of tries', async () => {
    const before = await reply();
    await lateEdits.mark(message(), 0);
    await run();
    expect(edits()).toBe(1);
    expect(await reply()).toEqual(before);
  });

  it('waits for the flood gate and counts there', async () => {
    await gate.limited(conversation, HOUR_MS);
    await lateEdits.mark(message(), 0);
    expect(await run()).toMatchObject({ next: 'later' });
    expect(edits()).toBe(0);
    expect(await doubts()).toMatchObject([{ gated: true }]);
    await room.pool.query('UPDATE flood_windows SET paused_until = NULL');
    await timePasses(HOUR_MS);
    const hits = () =>
      room.rows('SELECT hits FROM flood_windows WHERE key = $1', [`telegram:${conversation.chatId}`]);
    const before = await hits();
    await run();
    expect(edits()).toBe(1);
    expect(await hits()).not.toEqual(before);
  });

  it('repeats after growing pauses while it fails', async () => {
    await lateEdits.mark(message(), 0);
    telegram.failNext({ method: 'editMessageText', with: failures.serverError });
    telegram.failNext({ method: 'editMessageText', with: failures.badGateway });
    const pauses: number[] = [];
    for (let look = 0; look < 2; look += 1) {
      const outcome = await run();
      const [doubt] = await doubts();
      pauses.push(
        outcome.next === 'later' ? (doubt?.confirmAt.getTime() ?? 0) - (doubt?.putOffAt.getTime() ?? 0) : 0,
      );
      await timePasses(120_000);
    }
    expect(pauses[0]).toBeGreaterThan(0);
    expect(pauses[1]).toBeGreaterThan(pauses[0] ?? 0);
    await run();
    expect(edits()).toBe(3);
    expect(await doubts()).toEqual([]);
  });

  it.each([
    ['its message is gone', failures.badRequest('message to edit not found')],
    ['it is refused', failures.blocked],
  ])('stops where %s', async (_, failure) => {
    await lateEdits.mark(message(), LATE_MS);
    telegram.failNext({ method: 'editMessageText', with: failure });
    expect(await run()).toEqual({ next: 'none' });
    expect(await doubts()).toEqual([]);
    expect(await reply()).toMatchObject({ state: 'sent', channelMessageId: messageId });
    expect(await room.prisma.deadLetter.count({ where: { conversationId: conversation.id } })).toBe(0);
  });

  it('stops after failing for a day', async () => {
    await lateEdits.mark(message(), 0);
    await timePasses(GIVE_UP_AFTER_MS);
    await room.prisma.lateEdit.updateMany({ data: { tries: 20 } });
    telegram.failNext({ method: 'editMessageText', with: failures.badGateway });
    expect(await run()).toEqual({ next: 'none' });
    expect(await doubts()).toEqual([]);
  });

  it('repeats for an edit that was marked during the confirmation', async () => {
    await lateEdits.mark(message(), 0);
    const slow = new HeldEdits(telegram);
    const answer = slow.holdAnswer();
    const confirming = run(slow);
    await answer.reached;
    await lateEdits.mark(message(), 0);
    answer.release();
    await confirming;
    expect(await doubts()).toHaveLength(1);
    await run();
    expect(edits()).toBe(2);
    await timePasses(LATE_MS);
    await run();
    expect(await doubts()).toEqual([]);
  });

  it('does not wait longer because a clock was set back', async () => {
    await lateEdits.mark(message(), LATE_MS);
    await run();
    await setClockBack(room, HOUR_MS);
    expect(await run()).toEqual({ next: 'none' });
    expect(await doubts()).toEqual([]);
    await setClockBack(room, HOUR_MS);
    await lateEdits.mark(message(), LATE_MS);
    await setClockBack(room, HOUR_MS);
    await lateEdits.mark(message(), LATE_MS);
    await run();
    expect(await doubts()).toHaveLength(1);
  });

  it('does not leave the text in doubt longer because a clock was set back during the call', async () => {
    const leftMs = async () => {
      const [row] = await room.rows<{ left: number }>(
        `SELECT (extract(epoch FROM until - clock_timestamp()) * 1000)::float8 AS left
         FROM late_edits WHERE conversation_id = '${conversation.id}'`,
      );
      return row?.left;
    };
    const lease = await room.lease(conversation.id, 'deliveries');
    const [inAnHour] = await room.rows<{ until: string }>(
      `SELECT (clock_timestamp() + interval '1 hour')::text AS until`,
    );
    const doubt = { marks: 1, tries: 0, gated: false, leftMs: 1, until: String(inAnHour?.until) };
    await lateEdits.mark(message(), LATE_MS);
    for (const goOn of [
      () => lateEdits.begin(lease, message(), conversation, doubt),
      () => lateEdits.putOff(lease, message(), 1_000),
      () => lateEdits.confirmed(lease, message(), doubt),
    ]) {
      await setClockBack(room, HOUR_MS);
      await room.pool.query(
        `UPDATE leases SET expires_at = expires_at - interval '1 hour' WHERE conversation_id = $1`,
        [conversation.id],
      );
      await goOn();
      expect(await leftMs()).toBeLessThanOrEqual(LATE_MS);
    }
  });

  it('is deleted with its conversation', async () => {
    await room.prisma.conversation.delete({ where: { id: conversation.id } });
    await lateEdits.mark(message(), LATE_MS);
    expect(await doubts()).toEqual([]);
  });

  it('runs only under the lease of the lane', async () => {
    await lateEdits.mark(message(), 0);
    const lease = await room.lease(conversation.id, 'deliveries');
    const [doubt] = await doubts();
    if (!doubt) throw new Error('nothing is in doubt');
    await room.takeOver(conversation.id, 'deliveries');
    const known = { ...doubt, ageMs: 0, leftMs: 0, until: doubt.until.toISOString() };
    for (const change of [
      () => lateEdits.begin(lease, message(), conversation, known),
      () => lateEdits.confirmed(lease, message(), known),
      () => lateEdits.confirmed(lease, message(), { ...known, leftMs: LATE_MS }),
      () => lateEdits.putOff(lease, message(), 1_000),
      () => lateEdits.end(lease, message(), known),
    ])
      await expect(change()).rejects.toBeInstanceOf(LeaseLostError);
    expect(await doubts()).toEqual([doubt]);
  });
});
