import { Injectable } from '@nestjs/common';
import type { Sender } from '../channel/inbound.js';
import { AgentSettings } from '../config/agent.settings.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Conversation, Message, Turn } from '../generated/prisma/client.js';
import { FactsRepository, type StoredFact } from '../memory/facts.repository.js';
import { MessageRepository } from '../memory/message.repository.js';
import { Clock } from '../runtime/clock.js';
import { type Block, blockOf, chatMessage, fromAnchor, historyBlocks, newestWithin } from './context.js';
import { systemPrompt } from './system-prompt.js';
import { TokenCounter } from './token-counter.js';
import type { Joined, TurnContext } from './turn-request.js';

const PAGE = 40;

/** Gathers what the model gets to see for one turn, within `AGENT_CONTEXT_TOKENS`. */
@Injectable()
export class ContextBuilder {
  constructor(
    private readonly prisma: PrismaService,
    private readonly messages: MessageRepository,
    private readonly facts: FactsRepository,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
    private readonly clock: Clock,
  ) {}

  /** System prompt, as much history as fits, newest first, and the turn's own messages, which are always there. */
  async build(conversation: Conversation, turn: Turn, person: Sender | null): Promise<TurnContext> {
    const count = (text: string) => this.tokens.count(text);
    const group = conversation.chatType !== 'private';
    const fresh = await this.messages.ofTurn(turn.id);
    const facts = this.newestFacts(await this.facts.list(conversation.id));
    const system = systemPrompt(conversation.systemPrompt ?? this.settings.systemPrompt, {
      now: this.clock.now(),
      person,
      group,
      facts,
    });
    const own = this.blockOf(
      conversation,
      fresh.filter(({ stepIndex }) => stepIndex === null),
    );
    const budget = this.settings.contextTokens - own.tokens - count(facts.join('\n'));
    const history = await this.history(conversation, turn, fresh, group, budget);
    const joined = this.joined(conversation, fresh);
    return { system: { role: 'system', content: system }, history, own, joined, budget };
  }

  /** Messages as the model sees them, to be kept together. */
  blockOf(conversation: Conversation, messages: readonly Message[]): Block {
    const group = conversation.chatType !== 'private';
    return blockOf(
      messages.map((message) => chatMessage(message, group)),
      (text) => this.tokens.count(text),
    );
  }

  /** Those of the turn's messages that joined it while it ran, by the step before which they did. */
  private joined(conversation: Conversation, messages: readonly Message[]): Joined[] {
    return messages.flatMap((message) =>
      message.stepIndex === null
        ? []
        : [{ stepIndex: message.stepIndex, block: this.blockOf(conversation, [message]) }],
    );
  }

  /** The newest facts that a quarter of the budget holds, in the order in which they were told. */
  private newestFacts(facts: readonly StoredFact[]): string[] {
    let left = this.settings.contextTokens / 4;
    const kept = facts.toReversed().filter(({ text }) => (left -= this.tokens.count(text)) >= 0);
    return kept.toReversed().map(({ text }) => text);
  }

  /** Reads pages of history until the budget is used up: the cost does not grow with the conversation. */
  private async history(
    conversation: Conversation,
    turn: Turn,
    own: readonly Message[],
    group: boolean,
    budget: number,
  ): Promise<readonly Block[]> {
    let before = own[0]?.id ?? (await this.newestId(conversation.id));
    const told = new Set<string>();
    let blocks: Block[] = [];
    for (;;) {
      const page = await this.messages.history(conversation.id, turn.epoch, before, PAGE);
      const older = historyBlocks(page, group, told, (text) => this.tokens.count(text));
      const kept = newestWithin([...older, ...blocks], budget);
      const full = kept.length < older.length + blocks.length;
      blocks = kept;
      if (full) return fromAnchor(blocks);
      const oldest = page.messages.at(-1);
      if (!oldest || page.messages.length < PAGE) return blocks;
      before = oldest.id;
    }
  }

  private async newestId(conversationId: string): Promise<bigint> {
    const newest = await this.prisma.message.findFirst({
      where: { conversationId },
      orderBy: { id: 'desc' },
    });
    return (newest?.id ?? 0n) + 1n;
  }
}
