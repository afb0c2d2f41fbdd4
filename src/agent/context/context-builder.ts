import { Injectable } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import { AgentSettings } from './agent.settings.js';
import { ContextSettings } from '../llm/context.settings.js';
import type { Conversation, Message, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import {
  type HistoryPage,
  MessageRepository,
  NEWEST,
  OLDEST,
  type PastMessage,
  type Stretch,
} from '../../memory/message.repository.js';
import { Clock } from '../../platform/runtime/clock.js';
import { Pictures, type PicturesOf } from '../attachments/pictures.js';
import {
  type Block,
  blockOf,
  chatMessage,
  fromAnchor,
  newestWithin,
  tokensOf,
  withOrigin,
} from './context.js';
import { HistoryReader } from './history-reader.js';
import { type Past, PastRepository } from './past.repository.js';
import { type ContinuedPast, continuedPast } from './interrupted-past.js';
import { sharesOf } from './outgrown.js';
import { SummaryRepository } from './summary.repository.js';
import { TurnGroupContextRepository } from './turn-group-context.repository.js';
import { systemPrompt } from './system-prompt.js';
import { TokenCounter } from '../llm/token-counter.js';
import type { Joined, TurnContext } from './turn-request.js';

/** The run of a turn for which the context is built. */
export interface ContextSubject {
  readonly lease: Lease;
  readonly conversation: Conversation;
  readonly turn: Turn;
  /** The author of its newest message, if known. */
  readonly sender: Sender | null;
  /** The past of a turn that has just begun; null: it is read now. */
  readonly past: Past | null;
  readonly signal: AbortSignal;
}

/** Builds the context of one turn, within `AGENT_CONTEXT_TOKENS`. */
@Injectable()
export class ContextBuilder {
  constructor(
    private readonly messages: MessageRepository,
    private readonly reader: HistoryReader,
    private readonly past: PastRepository,
    private readonly summaries: SummaryRepository,
    private readonly tokens: TokenCounter,
    private readonly agent: AgentSettings,
    private readonly settings: ContextSettings,
    private readonly clock: Clock,
    private readonly pictures: Pictures,
    private readonly groupContext: TurnGroupContextRepository,
  ) {}

  /**
   * Builds the system prompt with facts and summary, the newest history behind the summary that fits, and the turn's
   * own messages, which are always there, with their pictures. A group's context is the newest part of the past. If the
   * history has outgrown its share, a summary is requested.
   * @param fresh the turn's messages, as MessageRepository.ofTurn returns them, with the contents of their files
   * @throws LeaseLostError, RetryLaterError if a picture cannot be read at the moment, or the reason of the signal
   */
  async build(subject: ContextSubject, fresh: readonly Message[]): Promise<TurnContext> {
    const { lease, conversation, turn, sender: person, signal } = subject;
    const groupContext = await this.groupContext.loadForTurn(lease, conversation, turn);
    const count = (text: string) => this.tokens.count(text);
    const pictures = await this.pictures.ofTurn(fresh, signal);
    const before = fresh[0]?.id ?? NEWEST;
    const { conversationId, epoch } = turn;
    const past = subject.past ?? (await this.past.read({ conversationId, epoch, before }));
    const { summary } = past;
    const facts = this.newestFacts(past.facts);
    const content = systemPrompt(conversation.systemPrompt ?? this.agent.promptIn(conversation.channel), {
      now: this.clock.now(),
      person,
      group: conversation.chatType !== 'private',
      facts,
      summary: summary?.text ?? null,
    });
    const begun = await this.begunWith(conversation, turn, fresh, pictures);
    const own = this.blockOf(conversation, begun.own, pictures);
    const spent = own.tokens + count(facts.join('\n')) + (summary?.tokens ?? 0);
    const budget = this.settings.contextTokens - spent;
    const after = summary?.coversUntil ?? OLDEST;
    const stretch = { conversationId, epoch, after, before };
    const { blocks: history, outgrown } = await this.history(subject, { stretch, first: past.page, budget });
    const newest = fresh.at(-1);
    if (outgrown && newest) await this.summaries.ask(conversation.id, turn.epoch, newest.id);
    const ofTurn = fresh.filter(({ turnId }) => turnId === turn.id);
    const joined = [...begun.joined, ...this.joined(conversation, ofTurn, pictures)];
    const { exchanges } = begun;
    const hasOutsideSummary = summary?.outside ?? false;
    return {
      system: { role: 'system', content },
      hasOutsideSummary,
      history: groupContext ? [...history, groupContext] : history,
      own,
      joined,
      exchanges,
      budget,
    };
  }

  /** The beginning of the turn: its messages, behind those of interrupted turns that it continues. */
  private async begunWith(
    conversation: Conversation,
    turn: Turn,
    fresh: readonly Message[],
    pictures: PicturesOf,
  ): Promise<ContinuedPast> {
    const own = fresh.filter(({ stepIndex }) => stepIndex === null);
    const [first] = fresh;
    const last = own.at(-1);
    if (turn.continuesId === null || !first || !last) return { own, joined: [], exchanges: [] };
    const { conversationId, epoch } = turn;
    const stretch = { conversationId, epoch, after: first.id - 1n, before: last.id + 1n };
    return continuedPast(
      await this.messages.said(stretch),
      turn.id,
      (message) => this.blockOf(conversation, [message], pictures),
      (text) => this.tokens.count(text),
    );
  }

  /** Messages as the model sees them, in one block. */
  blockOf(conversation: Conversation, messages: readonly Message[], pictures: PicturesOf): Block {
    const group = conversation.chatType !== 'private';
    const block = blockOf(
      messages.map((message) => chatMessage(message, group, pictures.get(message.id))),
      (text) => this.tokens.count(text),
    );
    return withOrigin(block, messages);
  }

  /** The messages that joined the running turn, by the step before which they did. */
  private joined(conversation: Conversation, messages: readonly Message[], pictures: PicturesOf): Joined[] {
    return messages.flatMap((message) =>
      message.stepIndex === null
        ? []
        : [{ stepIndex: message.stepIndex, block: this.blockOf(conversation, [message], pictures) }],
    );
  }

  /** The newest facts that a quarter of the budget holds, in the order in which they were stored. */
  private newestFacts(facts: readonly string[]): readonly string[] {
    let left = this.settings.contextTokens / 4;
    const kept = facts.toReversed().filter((text) => (left -= this.tokens.count(text)) >= 0);
    return kept.toReversed();
  }

  /** Reads pages of history until the budget is used up: the cost does not grow with the conversation. */
  private async history(
    { conversation, signal }: ContextSubject,
    { stretch, first, budget }: { stretch: Stretch; first: HistoryPage; budget: number },
  ): Promise<{ blocks: readonly Block[]; outgrown: boolean }> {
    const share = Math.min(budget, sharesOf(this.settings.contextTokens).history);
    const show = (newest: readonly PastMessage[]) => this.pictures.ofPast(newest, signal);
    let read = 0;
    let blocks: Block[] = [];
    for await (const entries of this.reader.pages(conversation, stretch, { first, show })) {
      read += entries.reduce((sum, entry) => sum + tokensOf(entry), 0);
      const all = [...entries.flatMap((entry) => entry.blocks), ...blocks];
      blocks = newestWithin(all, budget);
      if (blocks.length < all.length) return { blocks: fromAnchor(blocks), outgrown: true };
    }
    return { blocks, outgrown: read > share };
  }
}
