import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD, UserId } from '../../channel/ids.js';
import { pairingParts } from '../../../test/support/access-parts.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import { BudgetErasureRepository } from '../../budget/budget-erasure.repository.js';
import { BudgetLedgerRepository } from '../../budget/budget-ledger.repository.js';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetSettings } from '../../budget/budget.settings.js';
import { ConversationErasureRepository } from '../../memory/erasure/conversation-erasure.repository.js';

const owner = newChatId();
const operator = { key: 'admin', name: null };
const ROUNDS = 12;

let room: Room;
let access: ReturnType<typeof pairingParts>;
let erasures: ConversationErasureRepository;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room, owner);
  const ledger = new BudgetLedgerRepository(room.prisma, room.leases, new BudgetLimits(new BudgetSettings()));
  erasures = new ConversationErasureRepository(room.prisma, new BudgetErasureRepository(ledger));
});
afterAll(() => room.close());

/** A person requests access, and the owner has got the question. */
async function openRequest() {
  const { id: conversationId, chatId, chatType: type } = await room.conversation();
  const chat = { chatId: ChatId(chatId), threadId: NO_THREAD, via: null, type, title: null, username: null };
  const sender = {
    userId: UserId(chatId),
    isChat: false,
    firstName: 'Ada',
    lastName: null,
    username: null,
    languageCode: 'en',
  };
  const write = () =>
    room.prisma.$transaction((tx) =>
      access.pairings.request(tx, conversationId, { channel: 'telegram', chat, sender }),
    );
  await write();
  await access.questions.run();
  const { id } = await room.prisma.pairing.findFirstOrThrow({ where: { conversationId } });
  return { id, conversationId, person: { channel: 'telegram', userId: sender.userId }, write };
}

describe('A decision', () => {
  it('and an erasure of the asking or the asked chat do not wait for each other', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, conversationId } = await openRequest();
      const asked = await room.prisma.conversation.findFirstOrThrow({ where: { chatId: String(owner) } });
      await Promise.all([
        access.pairings.decide(id, 'approved', operator),
        erasures.erase(round % 2 === 0 ? conversationId : asked.id),
      ]);
    }
    expect(await room.prisma.pairing.count({ where: { state: 'pending' } })).toBe(0);
  });

  it('and a block of the asking person do not wait for each other', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, person } = await openRequest();
      await Promise.all([
        access.pairings.decide(id, 'approved', operator),
        access.peopleAccess.change(person, { blocked: true }, operator),
      ]);
      const grant = (await access.grants.findByIds('telegram', [person.userId])).get(person.userId);
      expect(grant?.blocked).toBe(true);
    }
  });

  it('that was made a day ago is followed by a new request, even during the erasure of its conversation', async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const { id, conversationId, write } = await openRequest();
      await access.pairings.decide(id, 'denied', operator);
      await room.pool.query(`UPDATE pairings SET decided_at = decided_at - interval '2 days' WHERE id = $1`, [
        id,
      ]);
      const [erased] = await Promise.all([
        erasures.erase(conversationId),
        // An erased conversation has no request.
        write().catch((error: unknown) => expect(String(error)).toMatch(/foreign key/i)),
      ]);
      expect(erased).not.toBeNull();
    }
  });
});
