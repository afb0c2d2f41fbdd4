import { ChannelMessageId } from '../../src/channel/ids.js';
import { AccessFilter } from '../../src/agent/turns/access-filter.js';
import { randomUUID } from 'node:crypto';
import { TurnGroupContextRepository } from '../../src/agent/context/turn-group-context.repository.js';
import { CorrectionsRepository } from '../../src/agent/turns/corrections.repository.js';
import { AttachmentRepository } from '../../src/agent/attachments/attachment.repository.js';
import { EventReader } from '../../src/agent/turns/event-reader.js';
import { Placeholder } from '../../src/agent/loop/placeholder.js';
import type { Candidate } from '../../src/agent/turns/lane-state.repository.js';
import { TOOL_OUTCOME_UNKNOWN } from '../../src/agent/tools/unknown-outcome.js';
import { previewIdOf } from '../../src/agent/streaming/preview-target.js';
import { BudgetSettings } from '../../src/budget/budget.settings.js';
import { type Doubt, LATE_MS, type ShownMessage } from '../../src/delivery/late-edit.js';
import { LateEditRepository } from '../../src/delivery/late-edit.repository.js';
import { type OpenReply, ReplyRepository } from '../../src/delivery/reply.repository.js';
import type { Conversation, Lane, Turn } from '../../src/generated/prisma/client.js';
import type { Lease } from '../../src/queue/lease/lease.repository.js';
import { i18nFor } from '../../src/platform/i18n/i18n-for.js';
import type { AgentRoom } from './agent-room.js';
import { errorText } from './error-texts.js';

/** A prepared call that commits under a lease. */
type Commit = (lease: Lease) => Promise<unknown>;

/** A public method that takes a lease and writes. */
export interface FencedCall {
  /** `Class.method`. */
  readonly of: string;
  readonly lane: Lane;
  /** Brings a conversation to a state in which the call writes. */
  readonly ready: (fixture: FencedFixture) => Promise<Commit>;
}

/** A conversation with a running turn, which only the lease's holder may change. */
export class FencedFixture {
  private constructor(
    readonly agent: AgentRoom,
    readonly conversation: Conversation,
  ) {}

  static async open(agent: AgentRoom): Promise<FencedFixture> {
    return new FencedFixture(agent, await agent.room.conversation());
  }

  get id(): string {
    return this.conversation.id;
  }
  get prisma() {
    return this.agent.room.prisma;
  }
  get leases() {
    return this.agent.room.leases;
  }

  /** A turn that owns one message; its process is gone. */
  async turn(text = 'hello'): Promise<Turn> {
    return (await this.agent.begin(this.conversation, text)).turn;
  }

  /** Waiting messages, as a claim sees them. */
  async candidates(...texts: string[]): Promise<readonly Candidate[]> {
    for (const text of texts) await this.agent.room.event(this.conversation, text);
    const reader = new EventReader(this.agent.channel);
    const waiting = await this.agent.laneStates.waiting(this.id, 10);
    return waiting.map((event) => ({ event, heard: reader.read(event) }));
  }

  get replies(): ReplyRepository {
    return new ReplyRepository(this.prisma, this.leases, this.agent.gate);
  }

  /** An unsent reply. */
  async reply(): Promise<OpenReply> {
    await this.prisma.$transaction((tx) =>
      this.agent.outbox.add(tx, { conversationId: this.id, text: 'hello' }),
    );
    const reply = await this.replies.nextOpen(this.id);
    if (!reply) throw new Error('no reply');
    return reply;
  }

  /** The running turn's draft. */
  async draft(): Promise<Turn> {
    const turn = await this.turn();
    await this.prisma.draft.create({
      data: { turnId: turn.id, state: 'shown', channelMessageId: '7', text: 'so far' },
    });
    return turn;
  }

  async notice(): Promise<void> {
    const eventId = await this.agent.room.event(this.conversation, 'hello');
    await this.prisma.waitNotice.create({ data: { conversationId: this.id, eventId } });
  }

  get lateEdits(): LateEditRepository {
    return new LateEditRepository(this.prisma, this.leases, this.agent.gate);
  }

  /** A message whose text may have been overwritten. */
  async lateEdit(): Promise<{ readonly message: ShownMessage; readonly doubt: Doubt }> {
    const message = { conversationId: this.id, channelMessageId: ChannelMessageId('7') };
    await this.lateEdits.mark(message, LATE_MS);
    const until = new Date(Date.now() + LATE_MS).toISOString();
    return { message, doubt: { marks: 1, tries: 0, gated: false, leftMs: LATE_MS, until } };
  }

  /** A summary that is due. */
  async summary() {
    await this.agent.summaries.ask(this.id, 0, 1n);
    const due = await this.agent.summaries.findLatest(this.id, 0);
    if (!due) throw new Error('no summary');
    return due;
  }
}

const failure = { code: 'MODEL_FAILED', error: errorText('an error'), text: 'Sorry.' };
const some = { tokens: 1n, microUsd: 1n };
const call = (turnId: string) => ({
  turnId,
  index: 0,
  kind: 'tool' as const,
  name: 'a_tool',
  requestDigest: 'digest',
  result: {},
  error: null,
  inputTokens: 0,
  outputTokens: 0,
  startedAt: new Date(),
});
/** A call that has begun, and whose outcome is unknown. */
const begun = async (fixture: FencedFixture) => {
  const step = call((await fixture.turn()).id);
  await fixture.prisma.step.create({ data: { ...step, error: TOOL_OUTCOME_UNKNOWN } });
  return step;
};

const delivery: readonly FencedCall[] = [
  {
    of: 'ReplyRepository.markSending',
    lane: 'deliveries',
    ready: async (fixture) => {
      const reply = await fixture.reply();
      return (lease) => fixture.replies.markSending(lease, reply);
    },
  },
  {
    of: 'ReplyRepository.markSending, by the windows that it saw',
    lane: 'deliveries',
    ready: async (fixture) => {
      const { destination } = await fixture.reply();
      const ask = { class: 'interactive', inLine: false } as const;
      // Else there are no windows to see.
      await fixture.prisma.$transaction((tx) => fixture.agent.gate.pass(tx, destination, ask));
      const reply = await fixture.reply();
      // Else they are too old by the time of the call.
      const windows = reply.windows?.map((row) => ({ ...row, now: row.now + 60_000 })) ?? null;
      return (lease) => fixture.replies.markSending(lease, { ...reply, windows });
    },
  },
  {
    of: 'ReplyRepository.sent',
    lane: 'deliveries',
    ready: async (fixture) => {
      const reply = await fixture.reply();
      return (lease) => fixture.replies.sent(lease, reply, 'sent', ChannelMessageId('7'));
    },
  },
  {
    of: 'ReplyRepository.putBack',
    lane: 'deliveries',
    ready: async (fixture) => {
      const { id } = await fixture.reply();
      return (lease) => fixture.replies.putBack(lease, id, { error: errorText('an error') }, 1_000);
    },
  },
  {
    of: 'ReplyRepository.bury',
    lane: 'deliveries',
    ready: async (fixture) => {
      const reply = await fixture.reply();
      const letter = {
        id: fixture.agent.room.ids.next(),
        kind: 'reply' as const,
        subjectId: String(reply.id),
        conversationId: fixture.id,
        reason: 'CHAT_NOT_FOUND',
        attempts: 1,
        lastError: errorText('an error'),
      };
      return (lease) => fixture.replies.bury(lease, reply, { state: 'failed' }, letter, 'unreachable');
    },
  },
  {
    of: 'LateEditRepository.begin',
    lane: 'deliveries',
    ready: async (fixture) => {
      const { message, doubt } = await fixture.lateEdit();
      return (lease) => fixture.lateEdits.begin(lease, message, fixture.conversation, doubt);
    },
  },
  {
    of: 'LateEditRepository.confirmed',
    lane: 'deliveries',
    ready: async (fixture) => {
      const { message, doubt } = await fixture.lateEdit();
      return (lease) => fixture.lateEdits.confirmed(lease, message, doubt);
    },
  },
  {
    of: 'LateEditRepository.putOff',
    lane: 'deliveries',
    ready: async (fixture) => {
      const { message } = await fixture.lateEdit();
      return (lease) => fixture.lateEdits.putOff(lease, message, 1_000);
    },
  },
  {
    of: 'LateEditRepository.end',
    lane: 'deliveries',
    ready: async (fixture) => {
      const { message, doubt } = await fixture.lateEdit();
      return (lease) => fixture.lateEdits.end(lease, message, doubt);
    },
  },
  {
    of: 'DraftRepository.begin',
    lane: 'turns',
    ready: async (fixture) => {
      const { id } = await fixture.turn();
      return (lease) => fixture.agent.drafts.begin(lease, id, 'a word');
    },
  },
  {
    of: 'DraftRepository.beginPreview',
    lane: 'turns',
    ready: async (fixture) => {
      const { id } = await fixture.turn();
      return (lease) => fixture.agent.drafts.beginPreview(lease, id, 'a word');
    },
  },
  {
    of: 'DraftRepository.shown',
    lane: 'turns',
    ready: async (fixture) => {
      const { id } = await fixture.draft();
      return (lease) => fixture.agent.drafts.shown(lease, id, ChannelMessageId('8'));
    },
  },
  {
    of: 'DraftRepository.keep',
    lane: 'turns',
    ready: async (fixture) => {
      const { id } = await fixture.draft();
      return (lease) => fixture.agent.drafts.keep(lease, id, 'a word more');
    },
  },
  {
    of: 'DraftRepository.takeBack',
    lane: 'turns',
    ready: async (fixture) => {
      const { id } = await fixture.draft();
      return (lease) => fixture.agent.drafts.takeBack(lease, id);
    },
  },
  {
    of: 'WaitNoticeRepository.begin',
    lane: 'turns',
    ready: async (fixture) => {
      const eventId = await fixture.agent.room.event(fixture.conversation, 'hello');
      return (lease) => fixture.agent.waitNotices.begin(lease, eventId, fixture.conversation);
    },
  },
  {
    of: 'WaitNoticeRepository.shown',
    lane: 'turns',
    ready: async (fixture) => {
      await fixture.notice();
      return (lease) => fixture.agent.waitNotices.shown(lease, ChannelMessageId('7'));
    },
  },
];

const turns: readonly FencedCall[] = [
  {
    of: 'TurnClaimRepository.begin',
    lane: 'turns',
    ready: async (fixture) => {
      const candidates = await fixture.candidates('hello');
      return (lease) => fixture.agent.claims.begin(lease, fixture.conversation, candidates);
    },
  },
  {
    of: 'TurnClaimRepository.join',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      const candidates = await fixture.candidates('and this');
      return (lease) => fixture.agent.claims.join(lease, fixture.conversation, turn, candidates, 1);
    },
  },
  {
    of: 'TurnRepository.takeOver',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) => fixture.agent.turns.takeOver(lease, turn);
    },
  },
  {
    of: 'TurnRepository.recordDeath',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) => fixture.agent.turns.recordDeath(lease, turn);
    },
  },
  {
    of: 'TurnRepository.layDown',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) => fixture.agent.turns.layDown(lease, turn);
    },
  },
  {
    of: 'TurnRepository.handBack',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) => fixture.agent.turns.handBack(lease, turn);
    },
  },
  {
    of: 'TurnRepository.postpone',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) => fixture.agent.turns.postpone(lease, turn, failure, 1_000, 10);
    },
  },
  {
    of: 'TurnClaimRepository.passOver',
    lane: 'turns',
    ready: async (fixture) => {
      const eventId = await fixture.agent.room.event(fixture.conversation, 'for another bot');
      return (lease) => fixture.agent.claims.passOver(lease, [eventId]);
    },
  },
  {
    of: 'AccessFilter.turnAwayUnadmitted',
    lane: 'turns',
    ready: async (fixture) => {
      const { channel, chatId: userId } = fixture.conversation;
      await fixture.prisma.personAccess.create({ data: { channel, userId, blockedAt: new Date() } });
      const candidates = await fixture.candidates('hello');
      return (lease) =>
        fixture.agent.get(AccessFilter).turnAwayUnadmitted(lease, fixture.conversation, candidates);
    },
  },
  {
    of: 'Placeholder.show',
    lane: 'turns',
    ready: async (fixture) => {
      const { channel } = fixture.agent;
      const placeholder = new Placeholder(
        channel,
        fixture.prisma,
        fixture.leases,
        fixture.agent.room.conversations,
      );
      // The query may have answered the former holder: the present one has another.
      const asked = () => ({ ...fixture.conversation, via: `guest:${randomUUID()}` });
      return (lease) =>
        placeholder.show({ lease, conversation: asked(), signal: AbortSignal.timeout(10_000) });
    },
  },
  {
    of: 'StepRepository.add',
    lane: 'turns',
    ready: async (fixture) => {
      const step = call((await fixture.turn()).id);
      return (lease) => fixture.agent.steps.add(lease, step);
    },
  },
  {
    of: 'StepRepository.recordResult',
    lane: 'turns',
    ready: async (fixture) => {
      const step = await begun(fixture);
      return (lease) => fixture.agent.steps.recordResult(lease, step);
    },
  },
  {
    of: 'StepRepository.takeBack',
    lane: 'turns',
    ready: async (fixture) => {
      const step = await begun(fixture);
      return (lease) => fixture.agent.steps.takeBack(lease, step);
    },
  },
  {
    of: 'AttachmentRepository.recordOutcome',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      const file = { kind: 'file', ref: 'a:b', name: 'a.txt', state: 'open' };
      const attachments = { ownChars: 5, isWordless: false, files: [file] };
      await fixture.prisma.message.updateMany({ where: { turnId: turn.id }, data: { attachments } });
      const { id } = await fixture.prisma.message.findFirstOrThrow({ where: { turnId: turn.id } });
      const files = new AttachmentRepository(fixture.prisma, fixture.leases, new BudgetSettings());
      return (lease) =>
        files.recordOutcome(lease, id, 0, { text: 'what it says', refusal: null, used: null });
    },
  },
  {
    of: 'TurnGroupContextRepository.loadForTurn',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      const window = { chatType: 'supergroup', contextMessages: 5 };
      const group = await fixture.prisma.conversation.update({ where: { id: fixture.id }, data: window });
      const said = { conversationId: fixture.id, author: 'Bob', text: 'one' };
      await fixture.prisma.groupContextMessage.create({ data: { ...said, position: -1 } });
      const { groupContext, tokens, contextSettings } = fixture.agent;
      const turnGroupContext = new TurnGroupContextRepository(
        fixture.prisma,
        fixture.leases,
        groupContext,
        tokens,
        contextSettings,
      );
      return (lease) => turnGroupContext.loadForTurn(lease, group, turn);
    },
  },
  {
    of: 'CorrectionsRepository.begin',
    lane: 'turns',
    ready: async (fixture) => {
      const eventId = await fixture.agent.room.event(fixture.conversation, 'hello', { lateEdit: true });
      const { outbox, channel, room } = fixture.agent;
      const corrections = new CorrectionsRepository(
        fixture.prisma,
        fixture.leases,
        outbox,
        new EventReader(channel),
        room.ids,
      );
      return (lease) => corrections.begin(lease, eventId);
    },
  },
  {
    of: 'ApprovalRepository.park',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      const approval = { id: fixture.agent.room.ids.next(), stepIndex: 1, tool: 'a_tool', arguments: '{}' };
      const approvals = [{ ...approval, askedBy: null, why: 'rule' as const }];
      const asked = { askIn: [fixture.id], judge: 'asker' as const, languageCode: null, timeoutMs: 60_000 };
      return (lease) => fixture.agent.approvalStore.park(lease, { turn, approvals, ...asked });
    },
  },
  {
    of: 'ApprovalsService.ask',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      const asked = { stepIndex: 1, tool: 'a_tool', arguments: '{}', askedBy: null, why: 'rule' as const };
      return (lease) => fixture.agent.approvals.ask(lease, fixture.conversation, turn, [asked], null);
    },
  },
  {
    of: 'BudgetLedgerRepository.reserve',
    lane: 'turns',
    ready: async (fixture) => {
      const { id } = await fixture.turn();
      return (lease) => fixture.agent.ledger.reserve(lease, id, some);
    },
  },
];

const endings: readonly FencedCall[] = [
  {
    of: 'TurnCompletionRepository.finish',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) =>
        fixture.agent.completion.finish(lease, turn, { text: 'hi', model: null, errorCode: null });
    },
  },
  {
    of: 'TurnCompletionRepository.fail',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      return (lease) => fixture.agent.completion.fail(lease, turn, failure);
    },
  },
  {
    of: 'InterruptionRepository.interrupt',
    lane: 'turns',
    ready: async (fixture) => {
      const turn = await fixture.turn();
      const newer = await fixture.candidates('a newer message');
      return (lease) =>
        fixture.agent.interruptionStore.interrupt(lease, fixture.conversation, turn, newer, true);
    },
  },
  {
    of: 'TurnDropRepository.dropAll',
    lane: 'turns',
    ready: async (fixture) => {
      await fixture.turn();
      return (lease) => fixture.agent.drops.dropAll(lease);
    },
  },
  {
    of: 'TurnDropRepository.dropUnreachable',
    lane: 'turns',
    ready: async (fixture) => {
      await fixture.turn();
      await fixture.prisma.conversation.update({
        where: { id: fixture.id },
        data: { unreachableAt: new Date() },
      });
      return (lease) => fixture.agent.drops.dropUnreachable(lease);
    },
  },
  {
    of: 'TurnStopRepository.stop',
    lane: 'turns',
    ready: async (fixture) => {
      await fixture.turn();
      const { turnStop } = fixture.agent;
      return (lease) =>
        fixture.prisma.$transaction((tx) => turnStop.stop(tx, fixture.id, 0n, lease, i18nFor('en')));
    },
  },
  {
    of: 'TurnStopRepository.stopPreview',
    lane: 'turns',
    ready: async (fixture) => {
      const preview = previewIdOf((await fixture.turn()).id);
      const { turnStop } = fixture.agent;
      return (lease) =>
        fixture.prisma.$transaction((tx) =>
          turnStop.stopPreview(tx, fixture.id, preview, lease, i18nFor('en')),
        );
    },
  },
  {
    of: 'CommandsService.handleWaiting',
    lane: 'turns',
    ready: async (fixture) => {
      // Not a /stop: that has a fence of its own.
      await fixture.agent.room.event(fixture.conversation, '/help');
      return (lease) => fixture.agent.commands.handleWaiting(fixture.id, lease);
    },
  },
];

const summaries: readonly FencedCall[] = [
  {
    of: 'SummaryRepository.due',
    lane: 'summaries',
    ready: async (fixture) => {
      await fixture.summary();
      const next = { ...fixture.conversation, epoch: 1 };
      return (lease) => fixture.agent.summaries.due(lease, next);
    },
  },
  {
    of: 'SummaryRepository.replace',
    lane: 'summaries',
    ready: async (fixture) => {
      const due = await fixture.summary();
      const made = {
        text: 'They said hello.',
        coversFrom: 1n,
        coversUntil: 1n,
        model: 'double',
        tokens: 4,
        outside: false,
      };
      return (lease) => fixture.agent.summaries.replace(lease, due, made, some);
    },
  },
  {
    of: 'SummaryRepository.closeRequest',
    lane: 'summaries',
    ready: async (fixture) => {
      const due = await fixture.summary();
      return (lease) => fixture.agent.summaries.closeRequest(lease, due);
    },
  },
  {
    of: 'SummaryRepository.fail',
    lane: 'summaries',
    ready: async (fixture) => {
      const due = await fixture.summary();
      return (lease) => fixture.agent.summaries.fail(lease, due, errorText('an error'), 1_000, some);
    },
  },
  {
    of: 'SummaryRepository.wait',
    lane: 'summaries',
    ready: async (fixture) => {
      const due = await fixture.summary();
      return (lease) => fixture.agent.summaries.wait(lease, due, 'BUDGET', 1_000);
    },
  },
  {
    of: 'BudgetLedgerRepository.reserveForSummary',
    lane: 'summaries',
    ready: (fixture) => Promise.resolve((lease) => fixture.agent.ledger.reserveForSummary(lease, some)),
  },
];

export const fencedCalls: readonly FencedCall[] = [...delivery, ...turns, ...endings, ...summaries];
