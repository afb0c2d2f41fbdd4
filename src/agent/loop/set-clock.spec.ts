import { beforeEach, describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { letTimePass, setClockBack } from '../../../test/support/set-clock.js';
import { failures } from '../../../test/support/telegram-double.js';
import { LEASE_TTL_MS } from '../../queue/lease/lease.repository.js';
import { lanes } from '../../queue/lanes.js';
import { SweepRepository } from '../../workers/sweep.repository.js';
import { CircuitRepository } from '../llm/circuit.repository.js';
import { openTurnFixture } from './turn.fixture.js';

const HOUR_MS = 3_600_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

const fixture = openTurnFixture();
const { run, say, turns } = fixture;
beforeEach(() => fixture.agent.room.pool.query('DELETE FROM leases'));

const send = () => delivererOf(fixture.agent.room, fixture.agent.channel).run(fixture.conversation.id);
const sent = () => fixture.agent.telegram.textsOf(Number(fixture.conversation.chatId));
const write = (text: string) =>
  fixture.agent.room.prisma.$transaction((tx) =>
    fixture.agent.outbox.add(tx, { conversationId: fixture.conversation.id, text }),
  );
const swept = async () => {
  const sweep = new SweepRepository(fixture.agent.room.prisma);
  const due = await Promise.all(lanes.map((lane) => sweep.due(lane, FIRST, 1_000)));
  return lanes.filter((_, place) => due[place]?.includes(fixture.conversation.id));
};

const setBack = () => setClockBack(fixture.agent.room, HOUR_MS);

describe('the database’s clock, set back by an hour', () => {
  it('does not delay the takeover of a dead worker’s turn once its lease has expired', async () => {
    await say(fixture.word);
    await fixture.agent.begin(fixture.conversation);
    await setBack();
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await letTimePass(fixture.agent.room, LEASE_TTL_MS);
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });

  it('makes no turn wait longer than its pause', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 503 }, { text: 'At last.' });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await setBack();
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', attempts: 1 }]);
  });

  it('makes no replayed turn wait after the process that ran it died', async () => {
    await say(fixture.word);
    const { turn, lease } = await fixture.agent.begin(fixture.conversation);
    const { room } = fixture.agent;
    await room.prisma.turn.update({
      where: { id: turn.id },
      // The state after a replay, two hours after its last pause.
      data: { state: 'waiting', availableAt: new Date(0), deferredAt: new Date(Date.now() - 2 * HOUR_MS) },
    });
    await fixture.agent.turns.takeOver(
      lease,
      await room.prisma.turn.findUniqueOrThrow({ where: { id: turn.id } }),
    );
    await room.pool.query(`UPDATE leases SET expires_at = '-infinity'`);
    await setBack();
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });

  it('drops no new message of a chat that was unreachable before', async () => {
    await say(fixture.word);
    await run();
    fixture.agent.telegram.failNext({ method: 'sendMessage', with: failures.blocked });
    await send();
    await setBack();
    await say(`${fixture.word} I am back`);
    expect(await run()).toMatchObject({ replied: true });
    expect(await fixture.states()).toEqual(['done', 'done']);
  });

  it('delays no reply, nor those behind it, and sends each once', async () => {
    await write('put off');
    fixture.agent.telegram.failNext({ method: 'sendMessage', with: failures.serverError });
    expect((await send()).next).toBe('later');
    await write('committed before');
    await setBack();
    await write('committed after');
    expect(await swept()).toEqual(['deliveries']);
    expect(await send()).toEqual({ next: 'none' });
    expect(sent()).toEqual(['put off', 'committed before', 'committed after']);
  });

  it('lets a collecting chat’s message wait no longer than any other', async () => {
    await fixture.agent.room.prisma.conversation.update({
      where: { id: fixture.conversation.id },
      data: { busyMode: 'collect' },
    });
    await say(fixture.word);
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await setBack();
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });

  it('keeps an approval and an access request open for at least their full time', async () => {
    await say(fixture.word);
    const { lease, turn } = await fixture.agent.begin(fixture.conversation);
    const asked = { stepIndex: 1, tool: 'a_tool', arguments: '{}', askedBy: null, why: 'rule' as const };
    await fixture.agent.approvals.ask(lease, fixture.conversation, turn, [asked], null);
    await setBack();
    expect(await fixture.agent.approvalStore.overdue(100)).toEqual([]);
  });

  it('tries a model again when its pause is over', async () => {
    const circuits = new CircuitRepository(fixture.agent.room.prisma);
    const target = { provider: 'default', model: fixture.word };
    const open = { failures: 3, trips: 1, code: 'MODEL_503', lasting: false, waitMs: 10_000 };
    await circuits.change(target, () => open);
    const waitMs = async () => (await circuits.all()).find(({ model }) => model === fixture.word)?.waitMs;
    expect(await waitMs()).toBeGreaterThan(0);
    expect(await circuits.claimProbe(target, 60_000)).toBe(false);
    await setBack();
    expect(await waitMs()).toBe(0);
    expect(await circuits.claimProbe(target, 60_000)).toBe(true);
    expect(await circuits.claimProbe(target, 60_000)).toBe(false);
    await setBack();
    expect(await circuits.claimProbe(target, 60_000)).toBe(true);
  });
});

describe('the database’s clock, set ahead by an hour and right again', () => {
  const setAhead = () => setClockBack(fixture.agent.room, -HOUR_MS);

  it('lets a live holder commit if it has no successor, and fences it if it has one', async () => {
    const { room } = fixture.agent;
    const commits = (lease: Parameters<typeof room.leases.renew>[0]) =>
      room.prisma
        .$transaction((tx) => room.leases.assertHeld(tx, lease))
        .then(
          () => true,
          () => false,
        );
    const lease = await room.lease(fixture.conversation.id);
    await setAhead();
    expect(await room.leases.renew(lease)).toBe(true);
    await setAhead();
    const next = await room.lease(fixture.conversation.id);
    await setBack();
    expect([await commits(lease), await commits(next), await room.leases.renew(lease)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await room.leases.renew(next)).toBe(true);
  });

  it('gives up no reply that has a quarter of its day left, nor delays it afterwards', async () => {
    await write('late');
    await fixture.agent.room.pool.query(
      `UPDATE replies SET attempts = 1000, created_at = created_at - interval '18 h' WHERE conversation_id = $1`,
      [fixture.conversation.id],
    );
    await setAhead();
    fixture.agent.telegram.failNext({ method: 'sendMessage', with: failures.serverError });
    expect((await send()).next).toBe('later');
    await setBack();
    expect(await send()).toEqual({ next: 'none' });
    expect(sent()).toEqual(['late']);
  });

  it('delays no turn that was put off in that hour', async () => {
    await say(fixture.word);
    fixture.agent.model.script(fixture.word, { status: 503 }, { text: 'At last.' });
    await setAhead();
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await setBack();
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });
});
