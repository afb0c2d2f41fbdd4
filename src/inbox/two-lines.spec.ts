import { afterAll, beforeAll, expect, it } from 'vitest';
import { inboxOf } from '../../test/support/inbox.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { newChatId, textUpdate } from '../../test/support/updates.js';

let room: Room;
let lanes: Lanes;

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
});
afterAll(async () => {
  await lanes.close();
  await room.close();
});

it('lets no message overtake another one of its chat, whichever line is free', async () => {
  // The commit of the first message continues when the test says so.
  await room.pool.query(`
    CREATE TABLE gate (open boolean);
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        WHILE NEW.payload #>> '{message,text}' = 'first' AND (SELECT count(*) = 0 FROM gate)
          LOOP PERFORM pg_sleep(0.01); END LOOP;
        RETURN NEW;
      END $$;
    CREATE TRIGGER gate BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION wait_at_gate()`);
  const inbox = inboxOf(room, lanes.waker);
  const say = (chat: number, text: string) => {
    const update = textUpdate(chat, text);
    return inbox.accept('telegram', update, JSON.stringify(update));
  };
  const [chat, beside] = [newChatId(), newChatId()];
  const first = say(chat, 'first');
  await room.somebodySleeps();
  const second = say(chat, 'second');
  // The other line is idle, and done by now.
  expect(await say(beside, 'beside')).toBe('queued');
  const stored = await room.rows<{ text: string }>(`SELECT payload #>> '{message,text}' AS text FROM events`);
  expect(stored.map(({ text }) => text)).toEqual(['beside']);
  await room.pool.query('INSERT INTO gate VALUES (true)');
  expect(await Promise.all([first, second])).toEqual(['queued', 'queued']);
  await inbox.onModuleDestroy();
});
