import { beforeEach, describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { letTimePass, setClockBack } from '../../../test/support/set-clock.js';
import { failures } from '../../../test/support/telegram-double.js';
import { LEASE_TTL_MS } from '../../lease/lease.repository.js';
import { lanes } from '../../queue/lanes.js';
import { SweepRepository } from '../../queue/sweep.repository.js';
import { CircuitRepository } from '../model/circuit.repository.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const HOUR_MS = 3_600_000;
const FIRST = '00000000-0000-0000-0000-000000000000';

const scene = openTurnScene();
const { run, say, turns } = scene;
beforeEach(() => scene.agent.room.pool.query('DELETE FROM leases'));

const send = () => delivererOf(scene.agent.room, scene.agent.channel).run(scene.conversation.id);
const sent = () => scene.agent.telegram.textsOf(Number(scene.conversation.chatId));
const write = (text: string) =>
  scene.agent.room.prisma.$transaction((tx) =>
    scene.agent.outbox.add(tx, { conversationId: scene.conversation.id, text }),
  );
const swept = async () => {
  const sweep = new SweepRepository(scene.agent.room.prisma);
  const due = await Promise.all(lanes.map((lane) => sweep.due(lane, FIRST, 1_000)));
  return lanes.filter((_, place) => due[place]?.includes(scene.conversation.id));
};

const setBack = () => setClockBack(scene.agent.room, HOUR_MS);

describe('the database’s clock, set back by an hour', () => {
  it('does not keep the turn of a dead worker from being taken over when its lease is over', async () => {
    await say(scene.word);
    await scene.agent.begin(scene.conversation);
    await setBack();
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await letTimePass(scene.agent.room, LEASE_TTL_MS);
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });

  it('makes no turn wait for longer than it was put off', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { status: 503 }, { text: 'At last.' });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await setBack();
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', attempts: 1 }]);
  });

  it('makes no turn wait that was put off, failed and was replayed, when the process that took it up died', async () => {
    await say(scene.word);
    const { turn, lease } = await scene.agent.begin(scene.conversation);
    const { room } = scene.agent;
    await room.prisma.turn.update({
      where: { id: turn.id },
      // As a replay leaves it, two hours after its last try was put off.
      data: { state: 'waiting', availableAt: new Date(0), deferredAt: new Date(Date.now() - 2 * HOUR_MS) },
    });
    await scene.agent.turns.takeOver(
      lease,
      await room.prisma.turn.findUniqueOrThrow({ where: { id: turn.id } }),
    );
    await room.pool.query(`UPDATE leases SET expires_at = '-infinity'`);
    await setBack();
    expect(await swept()).toEqual(['turns']);
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });

  it('drops nothing of what is written to a chat that could not be sent anything before', async () => {
    await say(scene.word);
    await run();
    scene.agent.telegram.failNext({ method: 'sendMessage', with: failures.blocked });
    await send();
    await setBack();
    await say(`${scene.word} I am back`);
    expect(await run()).toMatchObject({ replied: true });
    expect(await scene.states()).toEqual(['done', 'done']);
  });

  it('makes no reply wait, nor what is behind it, and sends each once', async () => {
    await write('put off');
    scene.agent.telegram.failNext({ method: 'sendMessage', with: failures.serverError });
    expect((await send()).next).toBe('later');
    await write('committed before');
    await setBack();
    await write('committed after');
    expect(await swept()).toEqual(['deliveries']);
    expect(await send()).toEqual({ next: 'none' });
    expect(sent()).toEqual(['put off', 'committed before', 'committed after']);
  });

  it('lets a collecting chat’s message wait no longer than any other', async () => {
    await scene.agent.room.prisma.conversation.update({
      where: { id: scene.conversation.id },
      data: { busyMode: 'collect' },
    });
    await say(scene.word);
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await setBack();
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });

  it('lets an approval and a request to be let in be decided for at least as long as they were to be', async () => {
    await say(scene.word);
    const { lease, turn } = await scene.agent.begin(scene.conversation);
    const asked = { stepIndex: 1, tool: 'a_tool', arguments: '{}', askedBy: null, why: 'rule' as const };
    await scene.agent.approvals.ask(lease, scene.conversation, turn, [asked], null);
    await setBack();
    expect(await scene.agent.approvalStore.overdue(100)).toEqual([]);
  });

  it('tries a model again when its pause is over', async () => {
    const circuits = new CircuitRepository(scene.agent.room.prisma);
    const target = { provider: 'default', model: scene.word };
    const open = { failures: 3, trips: 1, code: 'MODEL_503', lasting: false, waitMs: 10_000 };
    await circuits.change(target, () => open);
    const waitMs = async () => (await circuits.all()).find(({ model }) => model === scene.word)?.waitMs;
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
  const setAhead = () => setClockBack(scene.agent.room, -HOUR_MS);

  it('lets a holder that lives commit where nobody followed it, and fences it where somebody did', async () => {
    const { room } = scene.agent;
    const commits = (lease: Parameters<typeof room.leases.renew>[0]) =>
      room.prisma
        .$transaction((tx) => room.leases.assertHeld(tx, lease))
        .then(
          () => true,
          () => false,
        );
    const lease = await room.lease(scene.conversation.id);
    await setAhead();
    expect(await room.leases.renew(lease)).toBe(true);
    await setAhead();
    const next = await room.lease(scene.conversation.id);
    await setBack();
    expect([await commits(lease), await commits(next), await room.leases.renew(lease)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await room.leases.renew(next)).toBe(true);
  });

  it('gives no reply up that has a quarter of its day left, nor makes it wait afterwards', async () => {
    await write('late');
    await scene.agent.room.pool.query(
      `UPDATE replies SET attempts = 1000, created_at = created_at - interval '18 h' WHERE conversation_id = $1`,
      [scene.conversation.id],
    );
    await setAhead();
    scene.agent.telegram.failNext({ method: 'sendMessage', with: failures.serverError });
    expect((await send()).next).toBe('later');
    await setBack();
    expect(await send()).toEqual({ next: 'none' });
    expect(sent()).toEqual(['late']);
  });

  it('makes no turn wait that was put off in that hour', async () => {
    await say(scene.word);
    scene.agent.model.script(scene.word, { status: 503 }, { text: 'At last.' });
    await setAhead();
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await setBack();
    expect(await run()).toMatchObject({ lane: { next: 'none' }, replied: true });
  });
});
