import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

describe('Processes that meet the same new chats', () => {
  it('make their conversations in one order, whichever they were given', async () => {
    const [low, high] = [newChatId(), newChatId()];
    const chats = [high, low].map((id) => ({
      channel: 'telegram',
      chat: { chatId: BigInt(id), threadId: 0n, type: 'private', title: null, username: null, via: null },
    }));
    const other = await room.pool.connect();
    const make = (id: number) =>
      other.query(
        `INSERT INTO conversations (id, channel, chat_id, chat_type) VALUES (gen_random_uuid(), 'telegram', $1, 'private')`,
        [id],
      );
    await other.query('BEGIN');
    await make(low);
    const resolving = room.conversations.resolve(chats);
    const resolved = resolving.then((ids) => ids.length);
    await room.somebodyWaitsForALock();
    // Who waits for the first has made none of the others: there is no circle.
    const second = await make(high).then(
      () => 'made',
      (error: unknown) => String(error),
    );
    await other.query(second === 'made' ? 'COMMIT' : 'ROLLBACK');
    other.release();
    expect([second, await resolved.catch(String)]).toEqual(['made', 2]);
  });
});
