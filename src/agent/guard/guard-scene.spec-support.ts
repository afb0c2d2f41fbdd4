import { IsString } from 'class-validator';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { aCaller } from '../../../test/support/model-client.js';
import type { Answer } from '../../../test/support/scripted-model.js';
import { OutsideText } from '../../channel/outside-text.js';
import { ToolSettings } from '../../config/tool.settings.js';
import { GiveUpError } from '../../errors/errors.js';
import type { Conversation, Prisma } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { type Live, silent } from '../live/live-reply.js';
import { markAsOutside } from '../tools/outside-text.js';
import type { ToolContext } from '../tools/tool-context.js';
import { Tool } from '../tools/tool.decorator.js';
import { type NewStep, StepRepository } from '../turn/step.repository.js';

class Text {
  @IsString()
  text: string;
}

/** `page` brings text from outside, `look` none; `send` has a side effect. */
class Desk {
  readonly sent: string[] = [];
  looks = 0;

  @Tool({ name: 'page', description: 'Reads.', parameters: Text, sideEffects: false })
  page({ text }: Text): string {
    return markAsOutside(OutsideText.of(text), 'a web page', 1_000);
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

/** What a test about the bounds of one turn says and asks. */
class GuardScene {
  agent: AgentRoom;
  desk: Desk;
  conversation: Conversation;
  /** In no other turn's messages: it finds the model's calls of this one. */
  word: string;
  /** What joins the turn before which of its steps. */
  readonly joining = new Map<number, string>();
  private words = 0;

  async open(): Promise<void> {
    this.agent = await AgentRoom.open({ tools: [Desk] });
    this.desk = this.agent.tool(Desk);
  }

  /** A conversation and a word of its own, and the settings as they are by default. */
  async renew(change: Prisma.ConversationUpdateInput = {}): Promise<void> {
    this.conversation = await this.agent.room.conversation();
    this.word = `word-${(this.words += 1)}.`;
    this.desk.sent.length = 0;
    this.desk.looks = 0;
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

  /** What the model was told of its calls, in the last request. */
  results = () =>
    (this.asked().at(-1)?.messages ?? []).flatMap(({ role, content }) =>
      role === 'tool' ? [content ?? ''] : [],
    );

  stepsOf = (turnId: string) =>
    this.agent.room.prisma.step.findMany({ where: { turnId }, orderBy: { index: 'asc' } });

  /** A turn about `text`; `run` works on it, as often as it is called. */
  async begin(text = this.word) {
    const { lease, turn } = await this.agent.begin(this.conversation, text);
    let context = this.agent.contextOf(text);
    const tools = { sender: null, languageCode: null };
    const run = (steps = this.agent.steps, live: Live = silent) => {
      const { conversation } = this;
      const signal = new AbortController().signal;
      const newcomers = async (stepIndex: number) => {
        const content = this.joining.get(stepIndex);
        return content === undefined ? null : { messages: [{ role: 'user' as const, content }], tokens: 1 };
      };
      const budget = this.agent.budgets.open(lease, turn, null);
      const run = {
        turn,
        lease,
        conversation,
        context,
        caller: aCaller,
        tools,
        signal,
        newcomers,
        live,
        budget,
      };
      return this.agent.loop(steps).run(run);
    };
    /** From the next run on the turn's request holds this instead. */
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

/** A scene for all tests of a file, each with a conversation of its own. */
export function openGuardScene(change: Prisma.ConversationUpdateInput = {}): GuardScene {
  const scene = new GuardScene();
  beforeAll(() => scene.open());
  beforeEach(() => scene.renew(change));
  afterAll(() => scene.agent.close());
  return scene;
}
