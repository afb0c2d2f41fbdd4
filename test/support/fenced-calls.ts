import { randomUUID } from 'node:crypto';
import { Backgrounds } from '../../src/agent/context/background.repository.js';
import { Corrections } from '../../src/agent/corrections/corrections.repository.js';
import { AttachmentRepository } from '../../src/agent/attachments/attachment.repository.js';
import { EventReader } from '../../src/agent/turn/event-reader.js';
import { Opening } from '../../src/agent/turn/opening.js';
import type { Candidate } from '../../src/agent/turn/turn.repository.js';
import { TOOL_OUTCOME_UNKNOWN } from '../../src/agent/tools/unknown-outcome.js';
import { previewIdOf } from '../../src/agent/live/preview-id.js';
import { BudgetSettings } from '../../src/config/budget.settings.js';
import { type Doubt, LATE_MS, type ShownMessage } from '../../src/delivery/late-edit.js';
import { LateEditRepository } from '../../src/delivery/late-edit.repository.js';
import { type OpenReply, ReplyRepository } from '../../src/delivery/reply.repository.js';
import type { Conversation, Lane, Turn } from '../../src/generated/prisma/client.js';
import type { Lease } from '../../src/lease/lease.repository.js';
import { textsFor } from '../../src/texts/texts-for.js';
import type { AgentRoom } from './agent-room.js';
import { errorText } from './error-texts.js';

/** A call that commits under a lease, ready to be made. */
export type Commit = (lease: Lease) => Promise<unknown>;

/** A public method that takes a lease and writes. */
export interface FencedCall {
  /** `Class.method`. */
  readonly of: string;
  readonly lane: Lane;
  /** Brings a conversation to where the call has something to write. */
  readonly ready: (scene: Scene) => Promise<Commit>;
}

/** One conversation in which a turn is under way, as nobody but the lease's holder may change it. */
export class Scene {
  private constructor(
    readonly agent: AgentRoom,
    readonly conversation: Conversation,
  ) {}

  static async open(agent: AgentRoom): Promise<Scene> {
    return new Scene(agent, await agent.room.conversation());
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

  /** A turn that owns one message; whoever began it is gone. */
  async turn(text = 'hello'): Promise<Turn> {
    return (await this.agent.begin(this.conversation, text)).turn;
  }

  /** Messages that wait, as a claim sees them. */
  async candidates(...texts: string[]): Promise<readonly Candidate[]> {
    for (const text of texts) await this.agent.room.event(this.conversation, text);
    const reader = new EventReader(this.agent.channel);
    const waiting = await this.agent.turns.waiting(this.id, 10);
    return waiting.map((event) => ({ event, heard: reader.read(event) }));
  }

  get replies(): ReplyRepository {
    return new ReplyRepository(this.prisma, this.leases, this.agent.gate);
  }

  /** A reply that is to be sent. */
  async reply(): Promise<OpenReply> {
    await this.prisma.$transaction((tx) =>
      this.agent.outbox.add(tx, { conversationId: this.id, text: 'hello' }),
    );
    const reply = await this.replies.nextOpen(this.id);
    if (!reply) throw new Error('no reply');
    return reply;
  }

  /** What the running turn shows so far. */
  async draft(): Promise<Turn> {
    const turn = await this.turn();
    await this.prisma.draft.create({
      data: { turnId: turn.id, state: 'shown', channelMessageId: 7n, text: 'so far' },
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
    const message = { conversationId: this.id, channelMessageId: 7n };
    await this.lateEdits.mark(message, LATE_MS);
    const until = new Date(Date.now() + LATE_MS).toISOString();
    return { message, doubt: { marks: 1, tries: 0, gated: false, leftMs: LATE_MS, until } };
  }

  /** A summary that is due. */
  async summary() {
    await this.agent.summaries.ask(this.id, 0, 1n);
    const due = await this.agent.summaries.of(this.id, 0);
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
/** A call that has begun, and whose outcome is not known. */
const begun = async (scene: Scene) => {
  const step = call((await scene.turn()).id);
  await scene.prisma.step.create({ data: { ...step, error: TOOL_OUTCOME_UNKNOWN } });
  return step;
};

const delivery: readonly FencedCall[] = [
  {
    of: 'ReplyRepository.markSending',
    lane: 'deliveries',
    ready: async (scene) => {
      const reply = await scene.reply();
      return (lease) => scene.replies.markSending(lease, reply);
    },
  },
  {
    of: 'ReplyRepository.sent',
    lane: 'deliveries',
    ready: async (scene) => {
      const reply = await scene.reply();
      return (lease) => scene.replies.sent(lease, reply, 'sent', 7n);
    },
  },
  {
    of: 'ReplyRepository.putBack',
    lane: 'deliveries',
    ready: async (scene) => {
      const { id } = await scene.reply();
      return (lease) => scene.replies.putBack(lease, id, { error: errorText('an error') }, 1_000);
    },
  },
  {
    of: 'ReplyRepository.bury',
    lane: 'deliveries',
    ready: async (scene) => {
      const reply = await scene.reply();
      const letter = {
        id: scene.agent.room.ids.next(),
        kind: 'reply' as const,
        subjectId: String(reply.id),
        conversationId: scene.id,
        reason: 'CHAT_NOT_FOUND',
        attempts: 1,
        lastError: errorText('an error'),
      };
      return (lease) => scene.replies.bury(lease, reply, { state: 'failed' }, letter, 'unreachable');
    },
  },
  {
    of: 'LateEditRepository.begin',
    lane: 'deliveries',
    ready: async (scene) => {
      const { message, doubt } = await scene.lateEdit();
      return (lease) => scene.lateEdits.begin(lease, message, scene.conversation, doubt);
    },
  },
  {
    of: 'LateEditRepository.confirmed',
    lane: 'deliveries',
    ready: async (scene) => {
      const { message, doubt } = await scene.lateEdit();
      return (lease) => scene.lateEdits.confirmed(lease, message, doubt);
    },
  },
  {
    of: 'LateEditRepository.putOff',
    lane: 'deliveries',
    ready: async (scene) => {
      const { message } = await scene.lateEdit();
      return (lease) => scene.lateEdits.putOff(lease, message, 1_000);
    },
  },
  {
    of: 'LateEditRepository.end',
    lane: 'deliveries',
    ready: async (scene) => {
      const { message, doubt } = await scene.lateEdit();
      return (lease) => scene.lateEdits.end(lease, message, doubt);
    },
  },
  {
    of: 'DraftRepository.begin',
    lane: 'turns',
    ready: async (scene) => {
      const { id } = await scene.turn();
      return (lease) => scene.agent.drafts.begin(lease, id, 'a word');
    },
  },
  {
    of: 'DraftRepository.beginPreview',
    lane: 'turns',
    ready: async (scene) => {
      const { id } = await scene.turn();
      return (lease) => scene.agent.drafts.beginPreview(lease, id, 'a word');
    },
  },
  {
    of: 'DraftRepository.shown',
    lane: 'turns',
    ready: async (scene) => {
      const { id } = await scene.draft();
      return (lease) => scene.agent.drafts.shown(lease, id, 8n);
    },
  },
  {
    of: 'DraftRepository.keep',
    lane: 'turns',
    ready: async (scene) => {
      const { id } = await scene.draft();
      return (lease) => scene.agent.drafts.keep(lease, id, 'a word more');
    },
  },
  {
    of: 'DraftRepository.takeBack',
    lane: 'turns',
    ready: async (scene) => {
      const { id } = await scene.draft();
      return (lease) => scene.agent.drafts.takeBack(lease, id);
    },
  },
  {
    of: 'WaitNoticeRepository.begin',
    lane: 'turns',
    ready: async (scene) => {
      const eventId = await scene.agent.room.event(scene.conversation, 'hello');
      return (lease) => scene.agent.waitNotices.begin(lease, eventId, scene.conversation);
    },
  },
  {
    of: 'WaitNoticeRepository.shown',
    lane: 'turns',
    ready: async (scene) => {
      await scene.notice();
      return (lease) => scene.agent.waitNotices.shown(lease, 7n);
    },
  },
];

const turns: readonly FencedCall[] = [
  {
    of: 'TurnRepository.begin',
    lane: 'turns',
    ready: async (scene) => {
      const candidates = await scene.candidates('hello');
      return (lease) => scene.agent.turns.begin(lease, scene.conversation, candidates);
    },
  },
  {
    of: 'TurnRepository.join',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      const candidates = await scene.candidates('and this');
      return (lease) => scene.agent.turns.join(lease, scene.conversation, turn, candidates, 1);
    },
  },
  {
    of: 'TurnRepository.takeOver',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      return (lease) => scene.agent.turns.takeOver(lease, turn);
    },
  },
  {
    of: 'TurnRepository.recordDeath',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      return (lease) => scene.agent.turns.recordDeath(lease, turn);
    },
  },
  {
    of: 'TurnRepository.layDown',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      return (lease) => scene.agent.turns.layDown(lease, turn);
    },
  },
  {
    of: 'TurnRepository.postpone',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      return (lease) => scene.agent.turns.postpone(lease, turn, failure, 1_000, 10);
    },
  },
  {
    of: 'TurnRepository.passOver',
    lane: 'turns',
    ready: async (scene) => {
      const eventId = await scene.agent.room.event(scene.conversation, 'for another bot');
      return (lease) => scene.agent.turns.passOver(lease, [eventId]);
    },
  },
  {
    of: 'Uninvited.turnAway',
    lane: 'turns',
    ready: async (scene) => {
      const { channel, chatId: userId } = scene.conversation;
      await scene.prisma.personAccess.create({ data: { channel, userId, blockedAt: new Date() } });
      const candidates = await scene.candidates('hello');
      return (lease) => scene.agent.access.uninvited.turnAway(lease, scene.conversation, candidates);
    },
  },
  {
    of: 'Opening.of',
    lane: 'turns',
    ready: async (scene) => {
      const { channel } = scene.agent;
      const opening = new Opening(channel, scene.prisma, scene.leases, scene.agent.room.conversations);
      // Who has lost the lease may have answered the query: the holder has another one.
      const asked = () => ({ ...scene.conversation, via: `guest:${randomUUID()}` });
      return (lease) => opening.of(lease, asked(), AbortSignal.timeout(10_000));
    },
  },
  {
    of: 'StepRepository.add',
    lane: 'turns',
    ready: async (scene) => {
      const step = call((await scene.turn()).id);
      return (lease) => scene.agent.steps.add(lease, step);
    },
  },
  {
    of: 'StepRepository.settle',
    lane: 'turns',
    ready: async (scene) => {
      const step = await begun(scene);
      return (lease) => scene.agent.steps.settle(lease, step);
    },
  },
  {
    of: 'StepRepository.takeBack',
    lane: 'turns',
    ready: async (scene) => {
      const step = await begun(scene);
      return (lease) => scene.agent.steps.takeBack(lease, step);
    },
  },
  {
    of: 'AttachmentRepository.settle',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      const file = { kind: 'file', ref: 'a:b', name: 'a.txt', state: 'open' };
      const attachments = { ownChars: 5, isWordless: false, files: [file] };
      await scene.prisma.message.updateMany({ where: { turnId: turn.id }, data: { attachments } });
      const { id } = await scene.prisma.message.findFirstOrThrow({ where: { turnId: turn.id } });
      const files = new AttachmentRepository(scene.prisma, scene.leases, new BudgetSettings());
      return (lease) => files.settle(lease, id, 0, { text: 'what it says', refusal: null, used: null });
    },
  },
  {
    of: 'Backgrounds.of',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      const window = { chatType: 'supergroup', contextMessages: 5 };
      const group = await scene.prisma.conversation.update({ where: { id: scene.id }, data: window });
      const said = { conversationId: scene.id, author: 'Bob', text: 'one' };
      await scene.prisma.overheard.create({ data: { ...said, channelMessageId: -1n } });
      const { overheard, tokens, settings } = scene.agent;
      const backgrounds = new Backgrounds(scene.prisma, scene.leases, overheard, tokens, settings);
      return (lease) => backgrounds.of(lease, group, turn);
    },
  },
  {
    of: 'Corrections.begin',
    lane: 'turns',
    ready: async (scene) => {
      const eventId = await scene.agent.room.event(scene.conversation, 'hello', { lateEdit: true });
      const { outbox, channel, room } = scene.agent;
      const corrections = new Corrections(
        scene.prisma,
        scene.leases,
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
    ready: async (scene) => {
      const turn = await scene.turn();
      const approval = { id: scene.agent.room.ids.next(), stepIndex: 1, tool: 'a_tool', arguments: '{}' };
      const approvals = [{ ...approval, askedBy: null, why: 'rule' as const }];
      const asked = { askIn: [scene.id], judge: 'asker' as const, languageCode: null, timeoutMs: 60_000 };
      return (lease) => scene.agent.approvalStore.park(lease, { turn, approvals, ...asked });
    },
  },
  {
    of: 'Approvals.ask',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      const asked = { stepIndex: 1, tool: 'a_tool', arguments: '{}', askedBy: null, why: 'rule' as const };
      return (lease) => scene.agent.approvals.ask(lease, scene.conversation, turn, [asked], null);
    },
  },
  {
    of: 'BudgetLedger.reserve',
    lane: 'turns',
    ready: async (scene) => {
      const { id } = await scene.turn();
      return (lease) => scene.agent.ledger.reserve(lease, id, some);
    },
  },
];

const endings: readonly FencedCall[] = [
  {
    of: 'TurnEndings.finish',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      return (lease) => scene.agent.endings.finish(lease, turn, { text: 'hi', model: null, errorCode: null });
    },
  },
  {
    of: 'TurnEndings.fail',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      return (lease) => scene.agent.endings.fail(lease, turn, failure);
    },
  },
  {
    of: 'InterruptionRepository.interrupt',
    lane: 'turns',
    ready: async (scene) => {
      const turn = await scene.turn();
      const newer = await scene.candidates('a newer message');
      return (lease) => scene.agent.interruptionStore.interrupt(lease, scene.conversation, turn, newer, true);
    },
  },
  {
    of: 'TurnEndings.dropAll',
    lane: 'turns',
    ready: async (scene) => {
      await scene.turn();
      return (lease) => scene.agent.endings.dropAll(lease);
    },
  },
  {
    of: 'TurnEndings.dropUnreachable',
    lane: 'turns',
    ready: async (scene) => {
      await scene.turn();
      await scene.prisma.conversation.update({
        where: { id: scene.id },
        data: { unreachableAt: new Date() },
      });
      return (lease) => scene.agent.endings.dropUnreachable(lease);
    },
  },
  {
    of: 'TurnStop.stop',
    lane: 'turns',
    ready: async (scene) => {
      await scene.turn();
      const { turnStop } = scene.agent;
      return (lease) =>
        scene.prisma.$transaction((tx) => turnStop.stop(tx, scene.id, 0n, lease, textsFor('en')));
    },
  },
  {
    of: 'TurnStop.stopPreview',
    lane: 'turns',
    ready: async (scene) => {
      const preview = previewIdOf((await scene.turn()).id);
      const { turnStop } = scene.agent;
      return (lease) =>
        scene.prisma.$transaction((tx) => turnStop.stopPreview(tx, scene.id, preview, lease, textsFor('en')));
    },
  },
  {
    of: 'Commands.handleWaiting',
    lane: 'turns',
    ready: async (scene) => {
      // Not a /stop: that has a fence of its own.
      await scene.agent.room.event(scene.conversation, '/help');
      return (lease) => scene.agent.commands.handleWaiting(scene.id, lease);
    },
  },
];

const summaries: readonly FencedCall[] = [
  {
    of: 'SummaryRepository.due',
    lane: 'summaries',
    ready: async (scene) => {
      await scene.summary();
      const next = { ...scene.conversation, epoch: 1 };
      return (lease) => scene.agent.summaries.due(lease, next);
    },
  },
  {
    of: 'SummaryRepository.replace',
    lane: 'summaries',
    ready: async (scene) => {
      const due = await scene.summary();
      const made = {
        text: 'They said hello.',
        coversFrom: 1n,
        coversUntil: 1n,
        model: 'double',
        tokens: 4,
        outside: false,
      };
      return (lease) => scene.agent.summaries.replace(lease, due, made, some);
    },
  },
  {
    of: 'SummaryRepository.settle',
    lane: 'summaries',
    ready: async (scene) => {
      const due = await scene.summary();
      return (lease) => scene.agent.summaries.settle(lease, due);
    },
  },
  {
    of: 'SummaryRepository.fail',
    lane: 'summaries',
    ready: async (scene) => {
      const due = await scene.summary();
      return (lease) => scene.agent.summaries.fail(lease, due, errorText('an error'), 1_000, some);
    },
  },
  {
    of: 'SummaryRepository.wait',
    lane: 'summaries',
    ready: async (scene) => {
      const due = await scene.summary();
      return (lease) => scene.agent.summaries.wait(lease, due, 'BUDGET', 1_000);
    },
  },
  {
    of: 'BudgetLedger.reserveForSummary',
    lane: 'summaries',
    ready: (scene) => Promise.resolve((lease) => scene.agent.ledger.reserveForSummary(lease, some)),
  },
];

export const fencedCalls: readonly FencedCall[] = [...delivery, ...turns, ...endings, ...summaries];
