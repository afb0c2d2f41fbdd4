import { type Type } from '@nestjs/common';
import { type TestingModule } from '@nestjs/testing';
import { ApprovalRepository } from '../../src/agent/approvals/approval.repository.js';
import { ApprovalsService } from '../../src/agent/approvals/approvals.service.js';
import { CommandsService } from '../../src/agent/commands/commands.service.js';
import { ContextBuilder } from '../../src/agent/context/context-builder.js';
import { SummaryRepository } from '../../src/agent/context/summary.repository.js';
import { Summarizer } from '../../src/agent/context/summaries/summarizer.js';
import { TurnGroupContextRepository } from '../../src/agent/context/turn-group-context.repository.js';
import type { TurnContext } from '../../src/agent/context/turn-request.js';
import { TokenCounter } from '../../src/agent/llm/token-counter.js';
import { InterruptionRepository } from '../../src/agent/loop/busy/interruption.repository.js';
import { InterruptionsService } from '../../src/agent/loop/busy/interruptions.service.js';
import { CallOrigins } from '../../src/agent/loop/call-origins.js';
import { noIsolation } from '../../src/agent/loop/isolation/isolated-entry.js';
import { AgentLoop } from '../../src/agent/loop/steps/agent-loop.js';
import { TurnRunner } from '../../src/agent/loop/turn-runner.js';
import { type Claimed, EventClaim } from '../../src/agent/turns/event-claim.js';
import { StepRepository } from '../../src/agent/turns/step.repository.js';
import { TurnCompletionRepository } from '../../src/agent/turns/turn-completion.repository.js';
import { TurnDropRepository } from '../../src/agent/turns/turn-drop.repository.js';
import { TurnStopRepository } from '../../src/agent/turns/turn-stop.repository.js';
import { TurnRun } from '../../src/agent/turns/turn-run.js';
import { WaitNotices } from '../../src/agent/turns/wait-notices.js';
import { LaneStateRepository, MAX_EVENTS } from '../../src/agent/turns/lane-state.repository.js';
import { TurnClaimRepository } from '../../src/agent/turns/turn-claim.repository.js';
import { TurnRepository } from '../../src/agent/turns/turn.repository.js';
import { BudgetLedgerRepository } from '../../src/budget/budget-ledger.repository.js';
import { BudgetsService } from '../../src/budget/budgets.service.js';
import { Prices } from '../../src/budget/prices.js';
import { DraftRepository } from '../../src/delivery/draft.repository.js';
import { FloodGate } from '../../src/delivery/flood/flood-gate.js';
import { Outbox } from '../../src/delivery/outbox.js';
import { WaitNoticeRepository } from '../../src/delivery/wait-notice.repository.js';
import type { Conversation, Turn } from '../../src/generated/prisma/client.js';
import { GroupContextRepository } from '../../src/memory/group-context.repository.js';
import { MessageRepository } from '../../src/memory/message.repository.js';
import { PersonToolsRepository } from '../../src/memory/person-tools.repository.js';
import type { Channel } from '../../src/channel/channel.js';
import type { AccessSettings } from '../../src/channel/access.settings.js';
import type { AgentSettings } from '../../src/agent/context/agent.settings.js';
import type { BudgetSettings } from '../../src/budget/budget.settings.js';
import type { BusySettings } from '../../src/agent/turns/busy.settings.js';
import type { ChatLimitSettings } from '../../src/platform/throttling/chat-limit.settings.js';
import { askedModels, type ModelSettings } from '../../src/agent/llm/model.settings.js';
import type { ContextSettings } from '../../src/agent/llm/context.settings.js';
import type { StreamingSettings } from '../../src/agent/llm/streaming.settings.js';
import type { TelegramSettings } from '../../src/telegram/settings/telegram.settings.js';
import type { ToolSettings } from '../../src/agent/tools/tool.settings.js';
import type { TranscriptionSettings } from '../../src/agent/attachments/transcription.settings.js';
import { loadSettings, type Settings } from '../../src/settings/settings.js';
import { Stopping } from '../../src/platform/runtime/stopping.js';
import type { Lease } from '../../src/queue/lease/lease.repository.js';
import { Bots } from '../../src/telegram/bots/bots.js';
import { TelegramChannel } from '../../src/telegram/telegram-channel.js';
import { Room } from './room.js';
import { ScriptedModel } from './scripted-model.js';
import { MemorySlidingWindow } from './sliding-window.js';
import { SteeredClock } from './steered.js';
import { TelegramDouble } from './telegram-double.js';
import { AgentProcess, compileAgent, type Own, type World } from './agent-process.js';

/** The differences from the defaults. */
interface Wishes {
  readonly tools?: readonly (new () => object)[];
  readonly settings?: Partial<AgentSettings & ContextSettings>;
  readonly limits?: Partial<ChatLimitSettings>;
  readonly busy?: Partial<BusySettings>;
  readonly toolSettings?: Partial<ToolSettings>;
  readonly telegram?: Partial<TelegramSettings>;
  readonly access?: Partial<AccessSettings>;
  readonly budgets?: Partial<BudgetSettings>;
  readonly models?: Partial<ModelSettings>;
  readonly transcription?: Partial<TranscriptionSettings>;
  /** In place of Telegram. */
  readonly channel?: Channel;
}

/** The agent over a real database, between a Telegram and a model over HTTP. */
export class AgentRoom extends AgentProcess {
  readonly clock: SteeredClock;
  readonly windows: MemorySlidingWindow;
  readonly settings: AgentSettings;
  readonly contextSettings: ContextSettings;
  readonly limits: ChatLimitSettings;
  readonly busy: BusySettings;
  readonly toolSettings: ToolSettings;
  readonly models: ModelSettings;
  readonly streaming: StreamingSettings;

  readonly approvals = this.get(ApprovalsService);
  readonly approvalStore = this.get(ApprovalRepository);
  readonly budgets = this.get(BudgetsService);
  readonly channel = this.get(TelegramChannel);
  readonly claim = this.get(EventClaim);
  readonly claims = this.get(TurnClaimRepository);
  readonly commands = this.get(CommandsService);
  readonly completion = this.get(TurnCompletionRepository);
  readonly drops = this.get(TurnDropRepository);
  readonly context = this.get(ContextBuilder);
  readonly drafts = this.get(DraftRepository);
  readonly gate = this.get(FloodGate);
  readonly groupContext = this.get(GroupContextRepository);
  readonly laneStates = this.get(LaneStateRepository);
  readonly interruptions = this.get(InterruptionsService);
  readonly interruptionStore = this.get(InterruptionRepository);
  readonly ledger = this.get(BudgetLedgerRepository);
  readonly messages = this.get(MessageRepository);
  readonly notices = this.get(WaitNotices);
  readonly origins = this.get(CallOrigins);
  readonly outbox = this.get(Outbox);
  readonly personTools = this.get(PersonToolsRepository);
  readonly prices = this.get(Prices);
  readonly steps = this.get(StepRepository);
  readonly summaries = this.get(SummaryRepository);
  readonly tokens = this.get(TokenCounter);
  readonly turnGroupContext = this.get(TurnGroupContextRepository);
  readonly turns = this.get(TurnRepository);
  readonly turnStop = this.get(TurnStopRepository);
  readonly waitNotices = this.get(WaitNoticeRepository);

  private constructor(
    readonly telegram: TelegramDouble,
    readonly model: ScriptedModel,
    private readonly world: World,
    process: TestingModule,
  ) {
    super(process);
    const { settings } = world;
    this.clock = world.clock;
    this.windows = world.windows;
    this.settings = settings.agent;
    this.contextSettings = settings.context;
    this.limits = settings.chatLimit;
    this.busy = settings.busy;
    this.toolSettings = settings.tools;
    this.models = settings.model;
    this.streaming = settings.streaming;
  }

  static async open(wishes: Wishes = {}): Promise<AgentRoom> {
    const room = await Room.open();
    const [telegram, model] = [await TelegramDouble.start(), await ScriptedModel.start()];
    const world = {
      room,
      settings: settingsFor(telegram, model, wishes),
      clock: new SteeredClock(),
      windows: new MemorySlidingWindow(),
      tools: wishes.tools ?? [],
      channel: wishes.channel ?? null,
    };
    return new AgentRoom(telegram, model, world, await compileAgent(world));
  }

  get room(): Room {
    return this.world.room;
  }

  /** The instance whose methods are the tools. */
  tool<T>(type: Type<T>): T {
    return this.get(type);
  }

  /** The agent loop of a process, whose checkpoints may misbehave. */
  async loop(steps = this.steps): Promise<AgentLoop> {
    return steps === this.steps ? this.get(AgentLoop) : (await this.process({ steps })).get(AgentLoop);
  }

  /** The context of a conversation with nothing but this text. */
  contextOf(text: string, budget = 10_000): TurnContext {
    const own = { messages: [{ role: 'user' as const, content: text }], tokens: 0 };
    const system = { role: 'system' as const, content: 'You are a double.' };
    return { system, hasOutsideSummary: false, history: [], own, joined: [], exchanges: [], budget };
  }

  /** Claims the messages that wait at this moment. */
  async claimNext(lease: Lease, conversation: Conversation): Promise<Claimed> {
    const waiting = await this.laneStates.waiting(conversation.id, MAX_EVENTS);
    return await this.claim.next(lease, { conversation, waiting });
  }

  /** A turn that has claimed the conversation's waiting messages, and its lease. */
  async begin(
    conversation: Conversation,
    ...texts: string[]
  ): Promise<{ lease: Lease; turn: Turn; run: TurnRun }> {
    for (const text of texts) await this.room.event(conversation, text);
    const lease = await this.room.lease(conversation.id);
    const claimed = await this.claimNext(lease, conversation);
    if (claimed.kind !== 'turn') throw new Error(`no turn: ${claimed.kind}`);
    return { lease, turn: claimed.turn, run: TurnRun.forClaim(lease, conversation, claimed) };
  }

  /** The turn runner of a separate process. */
  runner(stopping = new Stopping(), steps = this.steps, isolated = noIsolation): Runner {
    const process = this.process({ stopping, steps, isolated });
    return { run: async (conversationId) => await (await process).get(TurnRunner).run(conversationId) };
  }

  /** Learns the bot's name, as a process does some time after its start. */
  async learnBotName(): Promise<void> {
    await this.get(Bots).findBot('telegram').identity.learn(new AbortController().signal);
  }

  /** The summarizer of a separate process. */
  summarizer(stopping = new Stopping()): Pick<Summarizer, 'run'> {
    const process = this.process({ stopping });
    return { run: async (conversationId) => await (await process).get(Summarizer).run(conversationId) };
  }

  private async process(own: Own): Promise<AgentProcess> {
    return new AgentProcess(await compileAgent(this.world, own, this));
  }

  async close(): Promise<void> {
    await this.telegram.close();
    await this.model.close();
    await this.room.close();
  }
}

type Runner = Pick<TurnRunner, 'run'>;

function settingsFor(telegram: TelegramDouble, model: ScriptedModel, wishes: Wishes): Settings {
  const settings = loadSettings({});
  const wide = { botPerSecond: 1_000_000, chatPerSecond: 1_000_000, groupPerMinute: 1_000_000 };
  Object.assign(settings.flood, wide);
  Object.assign(settings.chatLimit, { limit: 1_000_000, ...wishes.limits });
  Object.assign(settings.telegram, { botToken: telegram.token, apiRoot: telegram.root, ...wishes.telegram });
  const { baseUrl } = model;
  Object.assign(settings.model, { apiKey: 'a-key', baseUrl, model: 'double', ...wishes.models });
  const { contextTokens = settings.context.contextTokens, ...agent } = wishes.settings ?? {};
  Object.assign(settings.agent, agent);
  Object.assign(settings.context, { contextTokens });
  Object.assign(settings.busy, wishes.busy);
  Object.assign(settings.tools, wishes.toolSettings);
  Object.assign(settings.access, wishes.access);
  Object.assign(settings.budget, { models: askedModels(settings.model), ...wishes.budgets });
  Object.assign(settings.transcription, wishes.transcription);
  return settings;
}
