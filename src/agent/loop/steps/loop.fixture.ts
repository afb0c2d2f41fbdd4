import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { aCaller } from '../../../../test/support/model-client.js';
import { TurnRun } from '../../turns/turn-run.js';
import type { Conversation } from '../../../generated/prisma/client.js';
import { silentReply } from '../../streaming/streamed-reply.js';

const never = new AbortController().signal;

/** One turn's loop of model and tools, started as often as a test wants. */
class LoopFixture<Tools extends object> {
  agent: AgentRoom;
  tools: Tools;
  conversation: Conversation;
  /** A word of no other test: it finds the model's calls of this one. */
  word: string;
  private words = 0;

  constructor(private readonly type: new () => Tools) {}

  async open(): Promise<void> {
    this.agent = await AgentRoom.open({ tools: [this.type] });
    this.tools = this.agent.tool(this.type);
  }

  /** Makes a new, empty conversation. */
  fresh = async (): Promise<void> => {
    this.conversation = await this.agent.room.conversation();
    this.word = `word-${(this.words += 1)}.`;
  };

  begin = async () => {
    const { agent, conversation, word } = this;
    const { lease, turn, run: begun } = await agent.begin(conversation, word);
    const context = agent.contextOf(word);
    const run = async (steps = agent.steps, signal = never, held = lease) => {
      const budget = agent.budgets.open(held, turn, null);
      const loop = await agent.loop(steps);
      const { lastStep, ...end } = await loop.run({
        run: new TurnRun(held, conversation, turn, [...begun.heard], null).activate(signal, budget),
        context,
        caller: aCaller,
        // No message joins.
        joinSteering: () => Promise.resolve(null),
        streamedReply: silentReply,
      });
      // As the commit that ends the turn does.
      if (lastStep) await steps.add(held, lastStep);
      return end;
    };
    return { turn, lease, run };
  };

  asked = () => this.agent.model.callsAbout(this.word);

  /** The messages of the model's last request, without the system prompt. */
  shown = () => (this.asked().at(-1)?.messages ?? []).filter(({ role }) => role !== 'system');
}

/** A fixture for all tests of a file, each with a conversation of its own. @param type the tools that the model has */
export function openLoopFixture<Tools extends object>(type: new () => Tools): LoopFixture<Tools> {
  const fixture = new LoopFixture(type);
  beforeAll(() => fixture.open());
  beforeEach(() => fixture.fresh());
  afterAll(() => fixture.agent.close());
  return fixture;
}
