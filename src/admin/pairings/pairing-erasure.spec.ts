import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairingParts } from '../../../test/support/access-parts.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import { BudgetEraser } from '../../budget/budget-eraser.repository.js';
import { BudgetLedger } from '../../budget/budget-ledger.repository.js';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetSettings } from '../../config/budget.settings.js';
import { ConversationEraser } from '../conversations/conversation-eraser.repository.js';

const owner = newChatId();
const operator = { key: 'admin', name: null };
const ROUNDS = 12;

let room: Room;
let access: ReturnType<typeof pairingParts>;
let eraser: ConversationEraser;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room, owner);
  const ledger = new BudgetLedger(room.prisma, room.leases, new BudgetLimits(new BudgetSettings()));
  eraser = new ConversationEraser(room.prisma, new BudgetEraser(ledger));
});
afterAll(() => room.close());

/** Somebody asks, and the owner has been asked. */
async function openRequest() {
  const { id: conversationId, chatId, chatType: type } = await room.conversation();
  const chat = { chatId, threadId: 0n, via: null, type, title: null, username: null };
  const sender = { userId: chatId, firstName: 'Ada', lastName: null, username: null, languageCode: 'en' };
  const write = () =>
    room.prisma.$transaction((tx) =>
      access.pairings.request(tx, conversationId, { channel: 'telegram', chat, sender }),
    );
  await write();
  await access.questions.run();
  const { id } = await room.prisma.pairing.findFirstOrThrow({ where: { conversationId } });
  return { id, conversationId, person: { channel: 'telegram', userId: chatId }, write };
}

describe('A decision', () => {
  it('and an erasure of who asked, or of who was asked, do not wait for each other', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, conversationId } = await openRequest();
      const asked = await room.prisma.conversation.findFirstOrThrow({ where: { chatId: BigInt(owner) } });
      await Promise.all([
        access.pairings.decide(id, 'approved', operator),
        eraser.erase(round % 2 === 0 ? conversationId : asked.id),
      ]);
    }
    expect(await room.prisma.pairing.count({ where: { state: 'pending' } })).toBe(0);
  });

  it('and a block of who asked do not wait for each other', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, person } = await openRequest();
      await Promise.all([
        access.pairings.decide(id, 'approved', operator),
        access.peopleAccess.change(person, { blocked: true }, operator),
      ]);
      const standing = (await access.standings.of('telegram', [person.userId])).get(person.userId);
      expect(standing?.blocked).toBe(true);
    }
  });

  it('that was made a day ago is followed by a new request, also while its conversation is erased', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, conversationId, write } = await openRequest();
      await access.pairings.decide(id, 'denied', operator);
      await room.pool.query(`UPDATE pairings SET decided_at = decided_at - interval '2 days' WHERE id = $1`, [
        id,
      ]);
      const [erased] = await Promise.all([
        eraser.erase(conversationId),
        // A conversation that is gone asks for nothing.
        write().catch((error: unknown) => expect(String(error)).toMatch(/foreign key/i)),
      ]);
      expect(erased).not.toBeNull();
    }
  });
});
