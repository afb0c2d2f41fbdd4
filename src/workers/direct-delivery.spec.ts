import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { delivererOf } from '../../test/support/delivery-parts.js';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { failures, TelegramDouble } from '../../test/support/telegram-double.js';
import { telegramChannel } from '../../test/support/telegram-channel.js';
import { Outbox } from '../delivery/outbox.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { DirectDelivery } from './direct-delivery.js';

let room: Room;
let lanes: Lanes;
let telegram: TelegramDouble;
let stopping: Stopping;
let delivery: DirectDelivery;
let outbox: Outbox;

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
  telegram = await TelegramDouble.start();
});
afterAll(async () => {
  await telegram.close();
  await lanes.close();
  await room.close();
});
beforeEach(() => {
  const channel = telegramChannel(telegram);
  stopping = new Stopping();
  outbox = new Outbox(channel);
  delivery = new DirectDelivery(delivererOf(room, channel, { stopping }), lanes.waker, stopping);
});
afterEach(() => lanes.queues.deliveries.obliterate({ force: true }));

const write = async (...texts: string[]) => {
  const { id: conversationId, chatId } = await room.conversation();
  for (const text of texts) await room.prisma.$transaction((tx) => outbox.add(tx, { conversationId, text }));
  return { id: conversationId, chat: Number(chatId) };
};
const woken = async () => (await lanes.queues.deliveries.getJobs()).map(({ data }) => data.conversationId);
const ended = () => stopping.beforeApplicationShutdown();

describe('A reply', () => {
  it('is sent by the process that wrote it, without a job', async () => {
    const { id, chat } = await write('first', 'second');
    delivery.begin(id);
    await ended();
    expect(telegram.textsOf(chat)).toEqual(['first', 'second']);
    expect(await woken()).toEqual([]);
  });

  it('that is written during the sends is not left behind', async () => {
    const { id } = await write('first');
    delivery.begin(id);
    delivery.begin(id);
    await ended();
    await eventually(async () => expect(await woken()).toEqual([id]));
  });

  it('that has to wait is left to the lane, for the right time', async () => {
    const { id, chat } = await write('hello');
    telegram.failNext({ method: 'sendMessage', with: failures.limited(1) });
    delivery.begin(id);
    await ended();
    expect(telegram.textsOf(chat)).toEqual([]);
    expect(await woken()).toEqual([]);
    await eventually(async () => expect(await woken()).toEqual([id]));
  });

  it('is left to the lane where many are under way', async () => {
    const all = await Promise.all(Array.from({ length: 22 }, () => write('hello')));
    for (const { id } of all) delivery.begin(id);
    await ended();
    const left = all.slice(20).map(({ id }) => id);
    await eventually(async () => expect(new Set(await woken())).toEqual(new Set(left)));
  });

  it('is left to the lane where the process is about to end', async () => {
    const { id, chat } = await write('late');
    stopping.onModuleDestroy();
    delivery.begin(id);
    await eventually(async () => expect(await woken()).toEqual([id]));
    expect(telegram.textsOf(chat)).toEqual([]);
  });
});
