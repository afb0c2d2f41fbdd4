import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { aCaller } from '../../../test/support/model-client.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { silent } from '../live/live-reply.js';

const never = new AbortController().signal;

/** One turn's loop of model and tools, begun as often as a test wants. */
class LoopScene<Tools extends object> {
  agent: AgentRoom;
  tools: Tools;
  conversation: Conversation;
  /** In no other test's messages: it finds the model's calls of this one. */
  word: string;
  private words = 0;

  constructor(private readonly type: new () => Tools) {}

  async open(): Promise<void> {
    this.agent = await AgentRoom.open({ tools: [this.type] });
    this.tools = this.agent.tool(this.type);
  }

  /** Another conversation, and nothing said in it. */
  fresh = async (): Promise<void> => {
    this.conversation = await this.agent.room.conversation();
    this.word = `word-${(this.words += 1)}.`;
  };

  begin = async () => {
    const { agent, conversation, word } = this;
    const { lease, turn } = await agent.begin(conversation, word);
    const context = agent.contextOf(word);
    const run = (steps = agent.steps, signal = never, held = lease) =>
      agent.loop(steps).run({
        turn,
        lease: held,
        context,
        caller: aCaller,
        tools: { sender: null, languageCode: null },
        signal,
        // Nobody joins.
        newcomers: () => Promise.resolve(null),
        budget: agent.budgets.open(held, turn, null),
        conversation,
        live: silent,
      });
    return { turn, lease, run };
  };

  asked = () => this.agent.model.callsAbout(this.word);

  /** What the model was shown in its last call, without the system prompt. */
  shown = () => (this.asked().at(-1)?.messages ?? []).filter(({ role }) => role !== 'system');
}

/** A scene for all tests of a file, each with a conversation of its own. @param type the tools that the model has */
export function openLoopScene<Tools extends object>(type: new () => Tools): LoopScene<Tools> {
  const scene = new LoopScene(type);
  beforeAll(() => scene.open());
  beforeEach(() => scene.fresh());
  afterAll(() => scene.agent.close());
  return scene;
}
