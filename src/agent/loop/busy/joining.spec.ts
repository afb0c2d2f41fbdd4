import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TurnRun } from '../../turns/turn-run.js';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { eventually } from '../../../../test/support/eventually.js';
import { EventReader } from '../../turns/event-reader.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

const stateOf = async (id: bigint) =>
  (await agent.room.prisma.event.findUniqueOrThrow({ where: { id } })).state;

describe('A turn that runs', () => {
  it('lets no message from behind a /reset join a turn from before it', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    const resetId = await agent.room.event(conversation, '/reset');
    await agent.commands.handleWaiting(conversation.id, lease);
    const behind = await agent.room.event(conversation, 'something new');
    expect(behind > resetId).toBe(true);
    const now = (await agent.room.conversations.find(conversation.id)) ?? conversation;
    expect(await agent.claim.join(new TurnRun(lease, now, turn, [], null), 1)).toEqual([]);
    expect(await stateOf(behind)).toBe('waiting');
  });

  it('lets waiting messages of its epoch join, in order', async () => {
    const conversation = await agent.room.conversation();
    const { run } = await agent.begin(conversation, 'hello');
    const ids = [await agent.room.event(conversation, 'one'), await agent.room.event(conversation, 'two')];
    const joined = await agent.claim.join(run, 1);
    expect(joined.map(({ text, stepIndex }) => [text, stepIndex])).toEqual([
      ['one', 1],
      ['two', 1],
    ]);
    expect(await Promise.all(ids.map(stateOf))).toEqual(['claimed', 'claimed']);
    expect(run.heard.map((one) => one?.text)).toEqual(['hello', 'one', 'two']);
  });

  it('leaves messages alone that another turn has claimed since they were read', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    const id = await agent.room.event(conversation, 'taken');
    const reader = new EventReader(agent.channel);
    const waiting = await agent.laneStates.waiting(conversation.id, 10);
    const candidates = waiting.map((event) => ({ event, heard: reader.read(event) }));
    await agent.room.prisma.event.update({ where: { id }, data: { state: 'done' } });
    const { messages } = await agent.claims.join(lease, conversation, turn, candidates, 1);
    expect(messages).toEqual([]);
    expect(await stateOf(id)).toBe('done');
  });

  it('lets no message join from behind a newer command', async () => {
    const conversation = await agent.room.conversation();
    const { run } = await agent.begin(conversation, 'hello');
    const before = await agent.room.event(conversation, 'before');
    await agent.room.event(conversation, '/mode collect');
    const behind = await agent.room.event(conversation, 'behind');
    const joined = await agent.claim.join(run, 1);
    expect(joined.map(({ text }) => text)).toEqual(['before']);
    expect([await stateOf(before), await stateOf(behind)]).toEqual(['claimed', 'waiting']);
  });

  it('shows the model each message once, even if the call after them is repeated', async () => {
    const conversation = await agent.room.conversation({ busyMode: 'steer' });
    const hold = agent.model.hold('joined:');
    agent.model.script(
      'joined:',
      { calls: [{ name: 'nothing', arguments: {} }] },
      { status: 500 },
      { text: 'Done.' },
    );
    await agent.room.event(conversation, 'joined: 0');
    const running = agent.runner().run(conversation.id);
    await eventually(() => expect(hold.waiting).toBe(1));
    await agent.room.event(conversation, 'joined: 1');
    hold.release();
    expect(await running).toMatchObject({ lane: { next: 'later' } });
    await agent.room.event(conversation, 'joined: 2');
    await agent.room.pool.query('UPDATE turns SET available_at = now()');
    expect(await agent.runner().run(conversation.id)).toMatchObject({ replied: true });
    const said = (agent.model.callsAbout('joined:').at(-1)?.messages ?? []).flatMap(({ role, content }) =>
      role === 'user' ? [content] : [],
    );
    expect(said).toEqual(['joined: 0', 'joined: 1', 'joined: 2']);
  });
});
