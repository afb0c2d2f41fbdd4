import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { aCaller } from '../../../../test/support/model-client.js';
import type { Answer } from '../../../../test/support/scripted-model.js';
import { OutsideText } from '../../../channel/outside-text.js';
import { ToolSettings } from '../../tools/tool.settings.js';
import { GiveUpError } from '../../../platform/errors/errors.js';
import type { Conversation, Prisma } from '../../../generated/prisma/client.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { type StreamedReply, silentReply } from '../../streaming/streamed-reply.js';
import { markAsOutside } from '../../tools/outside-text.js';
import type { ToolContext } from '../../tools/tool-context.js';
import { Tool } from '../../tools/tool.decorator.js';
import { TurnRun } from '../../turns/turn-run.js';
import { type NewStep, StepRepository } from '../../turns/step.repository.js';

const never = new AbortController().signal;

class Text {
  @IsString()
  text: string;
}

/** `page` brings text from outside, `look` none; `send` has a side effect. */
class SampleTools {
  readonly sent: string[] = [];
  looks = 0;

  @Tool({ name: 'page', description: 'Reads.', parameters: Text, sideEffects: false })
  page({ text }: Text): string {
    return markAsOutside(OutsideText.fromUntrusted(text), 'a web page', 1_000);
  }

  @Tool({ name: 'look', description: 'Looks.', parameters: Text, sideEffects: false })
  look({ text }: Text, { progress }: ToolContext): string {
    progress({ done: 3, total: 10 });
    this.looks += 1;
    return `saw ${text}`;
  }

  @Tool({ name: 'send', description: 'Sends.', parameters: Text })
  send({ text }: Text): string {
    this.sent.push(text);
    return 'sent';
  }
}

/** The steps and checks of tests about the policy of one turn. */
class PolicyFixture {
  agent: AgentRoom;
  tools: SampleTools;
  conversation: Conversation;
  /** A word of no other turn: it finds the model's calls of this one. */
  word: string;
  /** The messages that join the turn, by the step that follows them. */
  readonly joining = new Map<number, string>();
  private words = 0;

  async open(): Promise<void> {
    this.agent = await AgentRoom.open({ tools: [SampleTools] });
    this.tools = this.agent.tool(SampleTools);
  }

  /** Makes a new conversation and word, with the default settings. */
  async renew(change: Prisma.ConversationUpdateInput = {}): Promise<void> {
    this.conversation = await this.agent.room.conversation();
    this.word = `word-${(this.words += 1)}.`;
    this.tools.sent.length = 0;
    this.tools.looks = 0;
    this.joining.clear();
    Object.assign(this.agent.toolSettings, new ToolSettings());
    await this.change(change);
  }

  change = async (data: Prisma.ConversationUpdateInput) => {
    const where = { id: this.conversation.id };
    this.conversation = await this.agent.room.prisma.conversation.update({ where, data });
  };

  call = (name: string, text = ''): Answer => ({ calls: [{ name, arguments: { text } }] });
  script = (...answers: Answer[]) => this.agent.model.script(this.word, ...answers);
  asked = () => this.agent.model.callsAbout(this.word);

  /** The tool results in the last request. */
  results = () =>
    (this.asked().at(-1)?.messages ?? []).flatMap(({ role, content }) =>
      role === 'tool' ? [content ?? ''] : [],
    );

  stepsOf = (turnId: string) =>
    this.agent.room.prisma.step.findMany({ where: { turnId }, orderBy: { index: 'asc' } });

  /** A turn about `text`; each call of `run` is one run of it. */
  async begin(text = this.word) {
    const { lease, turn, run: begun } = await this.agent.begin(this.conversation, text);
    let context = this.agent.contextOf(text);
    const run = async (steps = this.agent.steps, streamedReply: StreamedReply = silentReply) => {
      const joinSteering = async (stepIndex: number) => {
        const content = this.joining.get(stepIndex);
        return content === undefined ? null : { messages: [{ role: 'user' as const, content }], tokens: 1 };
      };
      const budget = this.agent.budgets.open(lease, turn, null);
      const loop = await this.agent.loop(steps);
      const { lastStep, ...end } = await loop.run({
        run: new TurnRun(lease, this.conversation, turn, [...begun.heard], null).activate(never, budget),
        context,
        caller: aCaller,
        joinSteering,
        streamedReply,
      });
      // As the commit that ends the turn does.
      if (lastStep) await steps.add(lease, lastStep);
      return end;
    };
    /** Replaces the turn's text from the next run on. */
    const holdInstead = (other: string): void => {
      context = this.agent.contextOf(other);
    };
    return { run, turn, holdInstead };
  }

  /** The checkpoints of a process that dies right after its nth step is committed. */
  mortalSteps(left: number): StepRepository {
    const { room, prices } = this.agent;
    return new MortalSteps(left, room.prisma, room.leases, prices);
  }
}

class MortalSteps extends StepRepository {
  constructor(
    private left: number,
    ...rest: ConstructorParameters<typeof StepRepository>
  ) {
    super(...rest);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    await super.add(lease, step);
    if ((this.left -= 1) <= 0) throw new GiveUpError('KILLED', 'the process died');
  }
}

/** A fixture for all tests of a file, each with a conversation of its own. */
export function openPolicyFixture(change: Prisma.ConversationUpdateInput = {}): PolicyFixture {
  const fixture = new PolicyFixture();
  beforeAll(() => fixture.open());
  beforeEach(() => fixture.renew(change));
  afterAll(() => fixture.agent.close());
  return fixture;
}
