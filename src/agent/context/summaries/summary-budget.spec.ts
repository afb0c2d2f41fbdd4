import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { openSummaryFixture } from './summary.fixture.js';

const DAY_TOKENS = 100_000;
const ANSWER_TOKENS = 500;

const fixture = openSummaryFixture({ chatDayTokens: DAY_TOKENS, answerTokens: ANSWER_TOKENS });
const { answers, hold, past, requests, say, set, summarise, summary } = fixture;

const chatKey = () => `telegram:${fixture.conversation.chatId}`;

/** The chat's usage and reservations. */
async function booked(): Promise<{ spent: number; reserved: number }> {
  const [row] = await fixture.agent.room.prisma.budgetDay.findMany({
    where: { scope: 'chat', key: chatKey() },
  });
  return { spent: Number(row?.spentTokens ?? 0), reserved: Number(row?.reservedTokens ?? 0) };
}

const leaveTokens = (count: number) =>
  fixture.agent.room.pool.query(
    `UPDATE budget_days SET spent_tokens = $2 WHERE scope = 'chat' AND key = $1`,
    [chatKey(), DAY_TOKENS - count],
  );

/** The usage that the double reports for each answer. */
const CALL = 15;

beforeEach(async () => {
  await past(60);
  await say('hello');
});

describe('The budget of a summary', () => {
  it('reserves the highest cost of its call, and is settled with the real one', async () => {
    const before = await booked();
    const held = hold();
    const running = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    const { spent, reserved } = await booked();
    expect(spent).toBe(before.spent);
    expect(reserved).toBeGreaterThan(ANSWER_TOKENS + 500);
    expect(reserved).toBeLessThan(ANSWER_TOKENS + 3_000);
    held.release();
    await running;
    expect(requests()[0]?.answerTokens).toBe(ANSWER_TOKENS);
    expect(await booked()).toEqual({ spent: before.spent + requests().length * CALL, reserved: 0 });
  });

  it('shows in /usage of a private chat', async () => {
    const used = async () => {
      await say('/usage');
      const reply = await fixture.agent.room.prisma.reply.findFirstOrThrow({
        where: { conversationId: fixture.conversation.id },
        orderBy: { id: 'desc' },
      });
      return Number(/today: ([\d,]+) tokens/.exec(JSON.stringify(reply.body))?.[1]?.replaceAll(',', ''));
    };
    const before = await used();
    await summarise();
    expect(await used()).toBe(before + requests().length * CALL);
  });

  it('is released by a failed call, and charged for a useless answer', async () => {
    const { spent } = await booked();
    answers({ status: 500 }, { text: '  ' });
    await summarise();
    expect(await booked()).toEqual({ spent, reserved: 0 });
    await set('due_at = now()');
    await summarise();
    expect(await summary()).toMatchObject({ attempts: 2, text: '' });
    expect(await booked()).toEqual({ spent: spent + CALL, reserved: 0 });
  });

  it('that is used up puts the summary off: no model call, no counted try, and turns go on without it', async () => {
    await leaveTokens(ANSWER_TOKENS);
    await summarise();
    expect(requests()).toEqual([]);
    const [row] = await fixture.agent.room.rows<{ attempts: number; seconds: number; error: string }>(
      `SELECT attempts, error, extract(epoch FROM due_at - clock_timestamp())::int AS seconds
       FROM summaries WHERE conversation_id = $1`,
      [fixture.conversation.id],
    );
    expect(row).toMatchObject({ attempts: 0, error: expect.stringMatching(/^BUDGET_EXHAUSTED: .*chat/) });
    expect(row?.seconds).toBeGreaterThan(240);
    expect(row?.seconds).toBeLessThanOrEqual(600);
    expect(await booked()).toEqual({ spent: DAY_TOKENS - ANSWER_TOKENS, reserved: 0 });

    await leaveTokens(DAY_TOKENS);
    await say('news');
    const shown = fixture.agent.model.calls.at(-1)?.messages ?? [];
    expect(shown.at(-1)?.content).toBe('news');
    expect(shown.length).toBeGreaterThan(30);
    await summarise();
    expect(requests()).toEqual([]);
    await set('due_at = now()');
    await summarise();
    expect(await summary()).toMatchObject({ text: 'The notes.', error: null, dueAt: null });
  });

  it('reserved by a dead process is released when no summary is made any more', async () => {
    const { spent } = await booked();
    const held = hold();
    const late = summarise();
    await eventually(() => expect(held.waiting).toBe(1));
    const { reserved } = await booked();
    const lease = await fixture.agent.room.takeOver(fixture.conversation.id, 'summaries');
    held.release();
    await late;
    expect(await booked()).toEqual({ spent, reserved });
    await fixture.agent.room.leases.release(lease);
    await fixture.agent.room.prisma.conversation.update({
      where: { id: fixture.conversation.id },
      data: { epoch: { increment: 1 } },
    });
    await summarise();
    expect(await booked()).toEqual({ spent, reserved: 0 });
  });
});
