import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BudgetEraser } from './budget-eraser.repository.js';
import { ledgerScene, tokens } from './ledger-scene.spec-support.js';

const scene = ledgerScene();
const { ledger, called, rows } = scene;

describe('erasing a chat', () => {
  it('keeps the sums of its days and nothing that names it', async () => {
    const by = ledger({ userDayTokens: 9_000, dayTokens: 9_000 });
    const eraser = new BudgetEraser(by);
    for (const spent of [100, 200]) {
      const { chatId, id: conversationId } = await scene.room.conversation();
      const chat = `telegram:${chatId}`;
      const turn = { id: randomUUID(), lease: await scene.room.lease(conversationId), chat };
      await scene.room.prisma.turn.create({
        data: { id: turn.id, conversationId, epoch: 0, state: 'running', userId: chatId },
      });
      await by.reserve(turn.lease, turn.id, tokens(5_000));
      await called(turn, 0, spent, 0);
      await scene.room.prisma.$transaction(async (tx) => {
        await eraser.erase(tx, { conversationId, chat, lastOfChat: true });
        await tx.conversation.delete({ where: { id: conversationId } });
      });
    }
    expect(await rows()).toEqual([
      ['chat', '', 300, 0],
      ['all', '', 300, 0],
    ]);
    expect(await scene.room.prisma.budgetReservation.count()).toBe(0);
  });
});
