import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { startApart } from '../support/start-apart.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('An operator who decides about a tool call', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.prepare(backend, { TOOLS_REQUIRE_APPROVAL: 'remember' });
    await startApart(world);
  });
  afterAll(() => world.stop());

  interface ApprovalRow {
    readonly id: string;
    readonly state: string;
    readonly tool: string;
  }

  async function asked(): Promise<{ chat: number; approval: ApprovalRow }> {
    const chat = newChatId();
    world.model.script(
      `[${chat}] please`,
      { calls: [{ name: 'remember', arguments: { fact: `fact of ${chat}` } }] },
      { text: `[${chat}] done` },
    );
    await world.sayAndRead(chat, `[${chat}] please`);
    const id = await world.conversationId(chat);
    const { body } = await world.admin(`approvals?conversationId=${id}&state=pending`).expect(200);
    expect(body).toMatchObject({ items: [{ conversationId: id, tool: 'remember' }], nextCursor: null });
    return { chat, approval: body.items[0] };
  }

  it('approves it: the turn goes on, and the question names the approver, without buttons', async () => {
    const { chat, approval } = await asked();
    const { body } = await world.admin(`approvals/${approval.id}/approve`, 'post').expect(200);
    expect(body).toMatchObject({ state: 'approved', decidedBy: 'admin', decidedAt: expect.any(String) });
    expect(await world.lastOf(chat, 2)).toBe(`[${chat}] done`);
    await eventually(() => expect(world.telegram.textsOf(chat)[0]).toMatch(/^Approved by the operator:/));
    expect(world.telegram.callsOf('editMessageText', chat)[0]?.params['reply_markup']).toBeUndefined();
    const facts = await world.sql('SELECT FROM facts WHERE text = $1', [`fact of ${chat}`]);
    expect(facts).toHaveLength(1);
  });

  it('denies it with a reason for the model, or without', async () => {
    const { chat, approval } = await asked();
    const url = `approvals/${approval.id}/deny`;
    for (const bad of [{ reason: '' }, { reason: null }, { reason: 'x'.repeat(1_001) }, { why: 'x' }])
      await world.admin(url, 'post').send(bad).expect(400);
    await world.admin(url, 'post').send({ reason: 'Too private.' }).expect(200);
    expect(await world.lastOf(chat, 2)).toBe(`[${chat}] done`);
    const result = world.model.calls.findLast(({ messages }) => messages.at(-1)?.role === 'tool');
    expect(result?.messages.at(-1)?.content).toMatch(/did not allow it.*Too private\.$/);
    await eventually(() => expect(world.telegram.textsOf(chat)[0]).toMatch(/^Denied by the operator:/));
    const other = await asked();
    const { body } = await world.admin(`approvals/${other.approval.id}/deny`, 'post').expect(200);
    expect(body).toMatchObject({ state: 'denied', reason: null });
  });

  it('once and in time', async () => {
    const { chat, approval } = await asked();
    const decide = (verdict: string) => world.admin(`approvals/${approval.id}/${verdict}`, 'post');
    const answers = await Promise.all([decide('approve'), decide('deny'), decide('approve')]);
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409', '409']);
    const { body: now } = await world.admin(`approvals/${approval.id}`).expect(200);
    const { body } = await decide('deny').expect(409);
    expect(body.message).toBe(`The approval is ${now.state} already`);
    await world.lastOf(chat, 2);
    const late = await asked();
    await world.sql('UPDATE approvals SET expires_at = clock_timestamp() WHERE id = $1', [late.approval.id]);
    const refused = await world.admin(`approvals/${late.approval.id}/approve`, 'post').expect(409);
    expect(refused.body.message).toBe('The approval is expired already');
    await world.admin(`approvals/${crypto.randomUUID()}/approve`, 'post').expect(404);
  });
});
