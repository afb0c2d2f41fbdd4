import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import type { Conversation, ConversationStatus } from '../../generated/prisma/client.js';
import type { Stopping } from '../../platform/runtime/stopping.js';

/** The steps and checks of tests about one conversation's turns. */
class TurnFixture {
  conversation: Conversation;
  /** A word of no other test: it finds the model's calls of this one. */
  word: string;
  private words = 0;

  agent: AgentRoom;

  constructor(private readonly tools: readonly (new () => object)[]) {}

  async open(): Promise<void> {
    this.agent = await AgentRoom.open({ settings: { turnTimeoutMs: 60_000 }, tools: this.tools });
  }

  async begin(): Promise<void> {
    this.conversation = await this.agent.room.conversation();
    this.word = `word-${(this.words += 1)}.`;
    this.agent.limits.limit = 1_000_000;
  }

  run = (stopping?: Stopping) => this.agent.runner(stopping).run(this.conversation.id);
  say = (text: string) => this.agent.room.event(this.conversation, text);
  asked = () => this.agent.model.callsAbout(this.word);
  turns = () => this.agent.room.prisma.turn.findMany(this.inOrder);
  replies = () => this.agent.room.prisma.reply.findMany(this.inOrder);
  letters = () => this.agent.room.prisma.deadLetter.findMany({ where: this.inOrder.where });

  history = async () => {
    const messages = await this.agent.room.prisma.message.findMany(this.inOrder);
    return messages.map(({ role, text }) => `${role}: ${text}`);
  };

  states = async () => {
    const events = await this.agent.room.prisma.event.findMany(this.inOrder);
    return events.map(({ state }) => state);
  };

  /** Makes the paused turn due, as time does. */
  waitOver = () =>
    this.agent.room.pool.query('UPDATE turns SET available_at = now() WHERE conversation_id = $1', [
      this.conversation.id,
    ]);

  setStatus = (status: ConversationStatus) =>
    this.agent.room.prisma.conversation.update({ where: { id: this.conversation.id }, data: { status } });

  /** The messages of the model's last request, without the system prompt. */
  shown = () =>
    (this.agent.model.calls.at(-1)?.messages ?? []).flatMap(({ role, content }) =>
      role === 'system' ? [] : [`${role}: ${content}`],
    );

  private get inOrder() {
    return { where: { conversationId: this.conversation.id }, orderBy: { id: 'asc' } } as const;
  }
}

/** A fixture for all tests of a file, each with a conversation of its own. */
export function openTurnFixture(tools: readonly (new () => object)[] = []): TurnFixture {
  const fixture = new TurnFixture(tools);
  beforeAll(() => fixture.open());
  beforeEach(() => fixture.begin());
  afterAll(() => fixture.agent.close());
  return fixture;
}
