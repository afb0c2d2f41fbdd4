import { ChatId } from '../channel/ids.js';
import type { ChatMigration } from '../channel/inbound.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chatMigrations } from '../../test/support/delivery-parts.js';
import { newChatId } from '../../test/support/updates.js';
import type { BudgetLedgerRepository } from './budget-ledger.repository.js';
import { openLedgerFixture, tokens } from './ledger.fixture.js';

const fixture = openLedgerFixture();

/** Events that may affect the budgets of a group and of the supergroup that it becomes. */
type Act =
  | { readonly kind: 'reserve' | 'settle'; readonly turn: number; readonly tokens: number }
  | { readonly kind: 'reserve-summary' | 'settle-summary'; readonly of: 0 | 1; readonly tokens: number }
  | { readonly kind: 'move' };

const amount = fc.integer({ min: 1, max: 900 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('reserve', 'settle'),
    turn: fc.integer({ min: 0, max: 3 }),
    tokens: amount,
  }),
  fc.record({
    kind: fc.constantFrom('reserve-summary', 'settle-summary'),
    of: fc.constantFrom(0, 1),
    tokens: amount,
  }),
  fc.constant<Act>({ kind: 'move' }),
);

/** Two chats with two turns each, and their usage. */
class Chats {
  spent = 0;

  private constructor(
    private readonly ledger: BudgetLedgerRepository,
    private readonly move: ChatMigration,
    private readonly conversations: readonly string[],
    private readonly turns: readonly string[],
  ) {}

  static async open(ledger: BudgetLedgerRepository): Promise<Chats> {
    const { room } = fixture;
    const fromChatId = ChatId(String(-newChatId()));
    const move = { fromChatId, toChatId: ChatId(String(-1_000_000_000_000 - newChatId())) };
    const group = await room.conversation({ chatId: fromChatId, chatType: 'group', createdAt: new Date(0) });
    const supergroup = await room.conversation({ chatId: move.toChatId, chatType: 'supergroup' });
    const conversations = [group.id, supergroup.id];
    const turns: string[] = [];
    for (const conversationId of [...conversations, ...conversations]) {
      const data = { id: room.ids.next(), conversationId, epoch: 0, state: 'waiting', userId: '7' } as const;
      turns.push((await room.prisma.turn.create({ data })).id);
    }
    return new Chats(ledger, move, conversations, turns);
  }

  async perform(one: Act): Promise<void> {
    switch (one.kind) {
      case 'reserve':
        return await this.reserve(this.turns[one.turn] ?? '', one.tokens);
      case 'settle':
        return await this.settle(this.turns[one.turn] ?? '', one.tokens);
      case 'reserve-summary':
        return await this.reserveForSummary(this.conversations[one.of] ?? '', one.tokens);
      case 'settle-summary':
        return await this.settleSummary(this.conversations[one.of] ?? '', one.tokens);
      case 'move':
        await chatMigrations(fixture.room.prisma).migrate('telegram', this.move);
    }
  }

  /** Everything that was begun ends. */
  async endAll(): Promise<void> {
    for (const turn of this.turns) await this.settle(turn, 0);
    for (const conversation of this.conversations) await this.settleSummary(conversation, 0);
  }

  private async reserve(turnId: string, count: number): Promise<void> {
    const turn = await fixture.room.prisma.turn.findUniqueOrThrow({ where: { id: turnId } });
    await this.ledger.reserve(await fixture.room.takeOver(turn.conversationId), turnId, tokens(count));
  }

  /** A model call is recorded, and the turn ends for now. */
  private async settle(turnId: string, used: number): Promise<void> {
    const { prisma } = fixture.room;
    const index = await prisma.step.count({ where: { turnId } });
    const call = { kind: 'model', name: 'm', requestDigest: 'd', result: {}, startedAt: new Date() } as const;
    await prisma.step.create({ data: { ...call, turnId, index, inputTokens: used } });
    await prisma.$transaction((tx) => this.ledger.settleReservation(tx, [turnId]));
    this.spent += used;
  }

  private async reserveForSummary(conversationId: string, count: number): Promise<void> {
    if (!(await fixture.room.conversations.find(conversationId))) return;
    const lease = await fixture.room.takeOver(conversationId, 'summaries');
    await this.ledger.reserveForSummary(lease, tokens(count));
  }

  /** Its holder finds no lease if its conversation was merged into the other one. */
  private async settleSummary(conversationId: string, used: number): Promise<void> {
    const { prisma, conversations } = fixture.room;
    if (!(await conversations.find(conversationId))) return;
    await prisma.$transaction((tx) =>
      this.ledger.settleReservation(tx, [], { conversationId, used: tokens(used) }),
    );
    this.spent += used;
  }
}

describe('The budgets of chats that migrate and merge', () => {
  it('have no reservation at the end, and all usage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
        await fixture.room.pool.query('DELETE FROM budget_days; DELETE FROM conversations');
        const chats = await Chats.open(fixture.ledger({ chatDayTokens: 2_000, dayTokens: 5_000 }));
        for (const one of acts) await chats.perform(one);
        await chats.endAll();
        const rows = await fixture.rows();
        expect(rows.filter(([, , , reserved]) => reserved !== 0)).toEqual([]);
        const sum = (scope: string) =>
          rows.filter(([of]) => of === scope).reduce((total, [, , spent]) => total + Number(spent), 0);
        expect([sum('chat'), sum('all')]).toEqual([chats.spent, chats.spent]);
      }),
      { numRuns: 40, examples: REPORTED },
    );
  }, 300_000);
});

/** A summary whose chat migrates, and one whose conversation is merged. */
const REPORTED: [Act[]][] = [
  [
    [
      { kind: 'reserve-summary', of: 0, tokens: 800 },
      { kind: 'move' },
      { kind: 'settle-summary', of: 0, tokens: 50 },
    ],
  ],
  [[{ kind: 'reserve-summary', of: 1, tokens: 800 }, { kind: 'move' }]],
];
