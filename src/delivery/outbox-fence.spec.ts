import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChannelMessageId, ChatId } from '../channel/ids.js';
import { chatMigrations, delivererOf, openFloodGate } from '../../test/support/delivery-parts.js';
import { Room } from '../../test/support/room.js';
import { telegramChannel } from '../../test/support/telegram-channel.js';
import { TelegramDouble } from '../../test/support/telegram-double.js';
import { LeaseLostError } from '../platform/errors/errors.js';
import type { Conversation } from '../generated/prisma/client.js';
import type { Lease } from '../queue/lease/lease.repository.js';
import { Metrics } from '../platform/observability/metrics.js';
import { DraftRepository } from './draft.repository.js';
import { Outbox } from './outbox.js';
import { type OpenReply, ReplyRepository } from './reply.repository.js';
import type { SendDecision } from './send-decision.js';
import { SendRecords } from './send-records.js';
import { WaitNoticeRepository } from './wait-notice.repository.js';
import { errorText, errorTexts } from '../../test/support/error-texts.js';

let room: Room;
let telegram: TelegramDouble;
let conversation: Conversation;
let replies: ReplyRepository;
let records: SendRecords;
let drafts: DraftRepository;
let notices: WaitNoticeRepository;

beforeAll(async () => {
  room = await Room.open();
  telegram = await TelegramDouble.start();
  const gate = openFloodGate(room.prisma);
  replies = new ReplyRepository(room.prisma, room.leases, gate);
  records = new SendRecords(replies, chatMigrations(room.prisma), room.ids, errorTexts, new Metrics());
  drafts = new DraftRepository(room.prisma, room.leases);
  notices = new WaitNoticeRepository(room.prisma, room.leases, gate);
});
afterAll(async () => {
  await telegram.close();
  await room.close();
});
beforeEach(async () => {
  conversation = await room.conversation();
});

const write = (text: string) =>
  room.prisma.$transaction((tx) =>
    new Outbox(telegramChannel(telegram)).add(tx, { conversationId: conversation.id, text }),
  );

/** Every row that a sender could have changed. */
const written = async () => ({
  replies: await room.rows('SELECT * FROM replies WHERE conversation_id = $1 ORDER BY id', [conversation.id]),
  letters: await room.rows('SELECT * FROM dead_letters WHERE conversation_id = $1', [conversation.id]),
  conversation: await room.rows('SELECT * FROM conversations WHERE id = $1', [conversation.id]),
  migrations: await room.rows('SELECT * FROM chat_migrations WHERE from_chat_id = $1', [conversation.chatId]),
  gate: await room.rows('SELECT hits FROM flood_windows WHERE key LIKE $1', [`%${conversation.chatId}`]),
  doubts: await room.rows('SELECT * FROM late_edits WHERE conversation_id = $1', [conversation.id]),
  drafts: await room.rows(
    'SELECT d.* FROM drafts d JOIN turns t ON t.id = d.turn_id WHERE t.conversation_id = $1',
    [conversation.id],
  ),
  notices: await room.rows('SELECT * FROM wait_notices WHERE conversation_id = $1', [conversation.id]),
});

const error = 'why';
const decisions = {
  sent: { kind: 'sent', channelMessageId: ChannelMessageId('7') },
  again: { kind: 'again', delayMs: 1_000, error, countsAsTry: true },
  anew: { kind: 'anew', error },
  'once-more': { kind: 'once-more', delayMs: 1_000, error },
  moved: { kind: 'moved', toChatId: ChatId('-1001'), error },
  'give-up': { kind: 'give-up', code: 'BOT_BLOCKED', error, uncertain: false, unreachable: true },
} as const satisfies { readonly [Kind in SendDecision['kind']]: SendDecision & { readonly kind: Kind } };

const letter = () => ({
  id: room.ids.next(),
  kind: 'reply' as const,
  subjectId: 'fence',
  conversationId: conversation.id,
  reason: 'BOT_BLOCKED',
  attempts: 1,
  firstError: error,
  lastError: errorText(error),
  payload: {},
});

/** The writes of a sender, one by one. */
const changes: Readonly<Record<string, (lease: Lease, reply: OpenReply) => Promise<unknown>>> = {
  markSending: (lease, reply) => replies.markSending(lease, reply),
  sent: (lease, reply) => replies.sent(lease, reply, 'sent', ChannelMessageId('7')),
  putBack: (lease, { id }) => replies.putBack(lease, id, { state: 'uncertain', unknownSends: 1 }, 1_000),
  bury: (lease, reply) => replies.bury(lease, reply, { state: 'failed' }, letter(), 'unreachable'),
  ...Object.fromEntries(
    Object.values(decisions).map((decision) => [
      `the record that a reply is ${decision.kind}`,
      (lease: Lease, reply: OpenReply) => records.write(lease, reply, decision),
    ]),
  ),
};

describe('A sender that has lost its lane', () => {
  it.each(Object.entries(changes))('commits nothing: %s', async (_name, change) => {
    await write('contested');
    const lease = await room.lease(conversation.id, 'deliveries');
    const reply = await replies.nextOpen(conversation.id);
    if (!reply) throw new Error('nothing waits');
    const holder = await room.takeOver(conversation.id, 'deliveries');
    const before = await written();
    await expect(change(lease, reply)).rejects.toBeInstanceOf(LeaseLostError);
    expect(await written()).toEqual(before);
    // The write would have had an effect.
    await change(holder, reply);
    expect(await written()).not.toEqual(before);
  });

  it.each(Object.entries(changes))(
    'waits for a takeover that is under way, and then commits nothing: %s',
    async (_name, change) => {
      await write('contested');
      const lease = await room.lease(conversation.id, 'deliveries');
      const reply = await replies.nextOpen(conversation.id);
      if (!reply) throw new Error('nothing waits');
      const before = await written();
      let late: Promise<unknown> = Promise.resolve();
      await room.prisma.$transaction(async (tx) => {
        await room.leases.lock(tx, conversation.id, 'deliveries');
        late = change(lease, reply).catch((thrown: unknown) => thrown);
        await room.somebodyWaitsForALock();
        await room.leases.revoke(tx, conversation.id, 'deliveries');
      });
      expect(await late).toBeInstanceOf(LeaseLostError);
      expect(await written()).toEqual(before);
    },
  );
});

describe('A turn whose lease another holder has', () => {
  it('writes no draft, new or existing', async () => {
    const turn = await room.prisma.turn.create({
      data: { id: room.ids.next(), conversationId: conversation.id, epoch: 0 },
    });
    const eventId = await room.event(conversation, 'waits');
    const lease = await room.lease(conversation.id);
    const holder = await room.takeOver(conversation.id);
    const changesOfATurn = (by: Lease) => [
      () => drafts.beginPreview(by, turn.id, 'One'),
      () => drafts.takeBack(by, turn.id),
      () => drafts.begin(by, turn.id, 'One'),
      () => drafts.shown(by, turn.id, ChannelMessageId('7')),
      () => drafts.keep(by, turn.id, 'One two'),
      () => notices.begin(by, eventId, conversation),
      () => notices.shown(by, ChannelMessageId('8')),
    ];
    // Each write in turn is refused to the old holder and then made by the new one.
    const made = changesOfATurn(holder);
    for (const [place, change] of changesOfATurn(lease).entries()) {
      const before = await written();
      await expect(change()).rejects.toBeInstanceOf(LeaseLostError);
      expect(await written()).toEqual(before);
      await made[place]?.();
      expect(await written()).not.toEqual(before);
    }
  });
});

describe('Replies', () => {
  const times = [3, 1, 2].map((day) => new Date(Date.UTC(2020, 0, day)));

  it('go out in the order of their ids, whatever their writers’ clocks said', async () => {
    for (const [index, createdAt] of times.entries()) {
      await write(`reply ${index}`);
      const { id } = await room.prisma.reply.findFirstOrThrow({
        where: { conversationId: conversation.id },
        orderBy: { id: 'desc' },
      });
      await room.prisma.reply.update({ where: { id }, data: { createdAt, availableAt: createdAt } });
    }
    await delivererOf(room, telegramChannel(telegram)).run(conversation.id);
    expect(telegram.textsOf(Number(conversation.chatId))).toEqual(['reply 0', 'reply 1', 'reply 2']);
  });
});
