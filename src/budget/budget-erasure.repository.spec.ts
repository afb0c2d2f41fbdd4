import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BudgetErasureRepository } from './budget-erasure.repository.js';
import { openLedgerFixture, tokens } from './ledger.fixture.js';

const fixture = openLedgerFixture();
const { ledger, called, rows } = fixture;

describe('Erasing a chat', () => {
  it('keeps the sums of its days and no key that names it', async () => {
    const by = ledger({ userDayTokens: 9_000, dayTokens: 9_000 });
    const eraser = new BudgetErasureRepository(by);
    for (const spent of [100, 200]) {
      const { chatId, id: conversationId } = await fixture.room.conversation();
      const chat = `telegram:${chatId}`;
      const turn = { id: randomUUID(), lease: await fixture.room.lease(conversationId), chat };
      await fixture.room.prisma.turn.create({
        data: { id: turn.id, conversationId, epoch: 0, state: 'running', userId: chatId },
      });
      await by.reserve(turn.lease, turn.id, tokens(5_000));
      await called(turn, 0, spent, 0);
      await fixture.room.prisma.$transaction(async (tx) => {
        await eraser.erase(tx, { conversationId, chat, lastOfChat: true });
        await tx.conversation.delete({ where: { id: conversationId } });
      });
    }
    expect(await rows()).toEqual([
      ['chat', '', 300, 0],
      ['all', '', 300, 0],
    ]);
    expect(await fixture.room.prisma.budgetReservation.count()).toBe(0);
  });
});
