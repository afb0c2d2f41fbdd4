import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';
import { textUpdate } from '../../../test/support/updates.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { EventReader } from './event-reader.js';
import type { Candidate } from './lane-state.repository.js';

let agent: AgentRoom;
let reader: EventReader;

beforeAll(async () => {
  agent = await AgentRoom.open();
  reader = new EventReader(agent.channel);
});
afterAll(() => agent.close());

/** The messages that wait, as a lane reads them. */
async function waiting({ id }: Conversation): Promise<readonly Candidate[]> {
  const events = await agent.laneStates.waiting(id, 10);
  return events.map((event) => ({ event, heard: reader.read(event) }));
}

const turnsOf = ({ id }: Conversation) => agent.room.prisma.turn.count({ where: { conversationId: id } });
const textsOf = async ({ id }: Conversation) =>
  (await agent.room.prisma.message.findMany({ where: { conversationId: id }, orderBy: { id: 'asc' } })).map(
    ({ text }) => text,
  );

async function lane(...texts: readonly string[]) {
  const conversation = await agent.room.conversation();
  const ids: bigint[] = [];
  for (const text of texts) ids.push(await agent.room.event(conversation, text));
  return { conversation, ids, lease: await agent.room.lease(conversation.id) };
}

const newText = (text: string) => JSON.parse(JSON.stringify(textUpdate(1, text)));

describe('A turn begins with its messages as they were read', () => {
  it('and not at all if one was edited since', async () => {
    const { conversation, ids, lease } = await lane('first', 'before the edit');
    const read = await waiting(conversation);
    await agent.room.prisma.event.update({
      where: { id: ids[1] ?? 0n },
      data: { payload: newText('after the edit') },
    });
    expect(await agent.claims.begin(lease, conversation, read)).toBeNull();
    expect(await turnsOf(conversation)).toBe(0);
    const begun = await agent.claims.begin(lease, conversation, await waiting(conversation));
    expect(begun?.heard.map((one) => one?.text)).toEqual(['first', 'after the edit']);
    expect(await textsOf(conversation)).toEqual(['first', 'after the edit']);
  });

  it('and not at all if an edit is about to be committed', async () => {
    const { conversation, ids, lease } = await lane('before the edit');
    const read = await waiting(conversation);
    const { beginning } = await agent.room.prisma.$transaction(async (tx) => {
      await tx.event.update({ where: { id: ids[0] ?? 0n }, data: { payload: newText('after the edit') } });
      const begun = agent.claims.begin(lease, conversation, read);
      await agent.room.somebodyWaitsForALock();
      return { beginning: begun };
    });
    expect(await beginning).toBeNull();
    expect(await textsOf(conversation)).toEqual([]);
  });

  it('and not at all if one waits no more', async () => {
    const { conversation, ids, lease } = await lane('first', 'second');
    const read = await waiting(conversation);
    await agent.room.prisma.event.update({ where: { id: ids[0] ?? 0n }, data: { state: 'dropped' } });
    expect(await agent.claims.begin(lease, conversation, read)).toBeNull();
    expect(await textsOf(conversation)).toEqual([]);
  });

  it('and not at all if a /reset was handled since', async () => {
    const { conversation, ids, lease } = await lane('of the old epoch');
    const read = await waiting(conversation);
    await agent.room.prisma.$transaction((tx) =>
      agent.room.conversations.reset(tx, conversation.id, (ids[0] ?? 0n) + 1n),
    );
    expect(await agent.claims.begin(lease, conversation, read)).toBeNull();
    const now = await agent.room.conversations.find(conversation.id);
    const begun = now && (await agent.claims.begin(lease, now, read));
    expect(begun?.turn.epoch).toBe(conversation.epoch);
  });

  it('and its records are those of the database', async () => {
    const { conversation, lease } = await lane('one', 'two', 'three');
    const begun = await agent.claims.begin(lease, conversation, await waiting(conversation));
    if (!begun) throw new Error('no turn');
    expect(begun.turn).toMatchObject(
      await agent.room.prisma.turn.findUniqueOrThrow({ where: { id: begun.turn.id } }),
    );
    expect(begun.records?.messages).toEqual(await agent.messages.ofTurn(begun.turn));
    expect(begun.records?.hasDraft).toBe(false);
  });
});

/** Ends the connections of the pool: settings of the database hold for new ones. */
async function reconnect(): Promise<void> {
  const other = new Client(agent.room.url);
  await other.connect();
  await other.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await other.end();
  await eventually(() => expect(agent.room.pool.totalCount).toBe(0));
}

describe('The commit that begins a turn', () => {
  it('waits for no disk, and the one that ends it does', async () => {
    const { pool } = agent.room;
    await pool.query(`
      CREATE TABLE seen (state text, setting text);
      CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO seen SELECT NEW.state, current_setting('synchronous_commit'); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER look AFTER INSERT OR UPDATE ON turns DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION look()`);
    // The test database itself waits for no disk.
    const [{ name } = { name: '' }] = await agent.room.rows<{ name: string }>(
      'SELECT current_database() AS name',
    );
    await pool.query(`ALTER DATABASE ${name} SET synchronous_commit = on`);
    await reconnect();
    try {
      const { conversation, lease } = await lane('hello');
      const begun = await agent.claims.begin(lease, conversation, await waiting(conversation));
      if (!begun) throw new Error('its event has not changed');
      await agent.completion.finish(lease, begun.turn, { text: 'Hi', model: 'm', errorCode: null });
      const seen = await agent.room.rows<{ state: string; setting: string }>(
        'SELECT state, setting FROM seen',
      );
      expect(seen.filter(({ state }) => state === 'running')).toEqual([{ state: 'running', setting: 'off' }]);
      expect(seen.at(-1)).toEqual({ state: 'done', setting: 'on' });
    } finally {
      await pool.query('DROP FUNCTION look CASCADE; DROP TABLE seen');
    }
  });
});
