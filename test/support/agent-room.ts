import { DiscoveryModule } from '@nestjs/core';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Provider } from '@nestjs/common';
import { AfterRun } from '../../src/agent/turn/after-run.js';
import type { AgentLoop } from '../../src/agent/turn/agent-loop.js';
import { ApprovalRepository } from '../../src/agent/approvals/approval.repository.js';
import { Approvals } from '../../src/agent/approvals/approvals.service.js';
import { ClaimTries } from '../../src/agent/tries/claim-tries.js';
import { BusyIndicator } from '../../src/agent/turn/busy-indicator.js';
import type { Commands } from '../../src/agent/commands/commands.service.js';
import { Backgrounds } from '../../src/agent/context/background.repository.js';
import { ContextBuilder } from '../../src/agent/context/context-builder.js';
import { Corrections } from '../../src/agent/corrections/corrections.repository.js';
import { HistoryReader } from '../../src/agent/context/history-reader.js';
import { EventClaim } from '../../src/agent/turn/event-claim.js';
import { EventReader } from '../../src/agent/turn/event-reader.js';
import { DeploymentSecrets } from '../../src/agent/model/deployment-secrets.repository.js';
import { ModelCallers } from '../../src/agent/model/model-caller.js';
import type { ModelClient } from '../../src/agent/model/model-client.js';
import { Pictures } from '../../src/agent/attachments/pictures.js';
import { StepRepository } from '../../src/agent/turn/step.repository.js';
import { Summarizer } from '../../src/agent/summaries/summarizer.js';
import { SummaryRepository } from '../../src/agent/summaries/summary.repository.js';
import { TokenCounter } from '../../src/agent/context/token-counter.js';
import { ToolRegistry } from '../../src/agent/tools/tool-registry.js';
import type { TurnContext } from '../../src/agent/context/turn-request.js';
import { TurnMetrics } from '../../src/agent/turn/turn-metrics.js';
import { TurnEndings } from '../../src/agent/turn/turn-endings.repository.js';
import { TurnRepository } from '../../src/agent/turn/turn.repository.js';
import { TurnRunner } from '../../src/agent/turn/turn-runner.js';
import type { TurnStop } from '../../src/agent/turn/turn-stop.repository.js';
import { TurnWatch } from '../../src/agent/turn/turn-watch.js';
import { TurnWatchRepository } from '../../src/agent/turn/turn-watch.repository.js';
import { WaitNotices } from '../../src/agent/waiting/wait-notices.js';
import { BudgetLedger } from '../../src/budget/budget-ledger.repository.js';
import { BudgetLimits } from '../../src/budget/budget-limits.js';
import { Budgets } from '../../src/budget/budgets.service.js';
import { Prices } from '../../src/budget/prices.js';
import type { AccessSettings } from '../../src/config/access.settings.js';
import { AgentSettings } from '../../src/config/agent.settings.js';
import { BudgetSettings } from '../../src/config/budget.settings.js';
import { BusySettings } from '../../src/config/busy.settings.js';
import { ChatLimitSettings } from '../../src/config/chat-limit.settings.js';
import { GroupSettings } from '../../src/config/group.settings.js';
import { ModelSettings } from '../../src/config/model.settings.js';
import { StreamingSettings } from '../../src/config/streaming.settings.js';
import type { TranscriptionSettings } from '../../src/config/transcription.settings.js';
import { ToolSettings } from '../../src/config/tool.settings.js';
import type { TelegramSettings } from '../../src/config/telegram.settings.js';
import type { Conversation, Turn } from '../../src/generated/prisma/client.js';
import type { Lease } from '../../src/lease/lease.repository.js';
import type { TelegramChannel } from '../../src/telegram/telegram-channel.js';
import { InterruptionRepository } from '../../src/agent/busy/interruption.repository.js';
import { Database } from '../../src/database/database.js';
import { noIsolation } from '../../src/agent/isolation/isolated-entry.js';
import { IsolatedRuns } from '../../src/agent/isolation/isolated-runs.service.js';
import { Interruptions } from '../../src/agent/busy/interruptions.service.js';
import { DraftRepository } from '../../src/delivery/draft.repository.js';
import type { FloodGate } from '../../src/delivery/flood/flood-gate.js';
import { WaitNoticeRepository } from '../../src/delivery/wait-notice.repository.js';
import { Outbox } from '../../src/delivery/outbox.js';
import { FactsRepository } from '../../src/memory/facts.repository.js';
import { MessageRepository } from '../../src/memory/message.repository.js';
import { OverheardRepository } from '../../src/memory/overheard.repository.js';
import { PersonRepository } from '../../src/memory/person.repository.js';
import { PersonToolsRepository } from '../../src/memory/person-tools.repository.js';
import { Metrics } from '../../src/observability/metrics.js';
import { Stopping } from '../../src/runtime/stopping.js';
import { ChatLimiter } from '../../src/throttling/chat-limiter.js';
import { accessParts } from './access-parts.js';
import { loopOf } from './agent-loop.js';
import { commandsOf, eventTriesOf } from './agent-commands.js';
import { attachmentsOver } from './attachments.js';
import { openFloodGate } from './delivery-parts.js';
import { modelClient } from './model-client.js';
import { Room } from './room.js';
import { ScriptedModel } from './scripted-model.js';
import { MemorySlidingWindow } from './sliding-window.js';
import { NoJitter, SteeredClock } from './steered.js';
import { turnWorkOf } from './turn-work.js';
import { telegramChannel } from './telegram-channel.js';
import { TelegramDouble } from './telegram-double.js';
import { errorTexts } from './error-texts.js';

interface Wishes {
  readonly tools?: readonly (new () => object)[];
  readonly settings?: Partial<AgentSettings>;
  readonly limits?: Partial<ChatLimitSettings>;
  readonly busy?: Partial<BusySettings>;
  readonly toolSettings?: Partial<ToolSettings>;
  readonly telegram?: Partial<TelegramSettings>;
  readonly access?: Partial<AccessSettings>;
  readonly budgets?: Partial<BudgetSettings>;
  readonly models?: Partial<ModelSettings>;
  readonly transcription?: Partial<TranscriptionSettings>;
}

/** The agent's services, built with `new` over a real database, between a Telegram and a model over HTTP. */
export class AgentRoom {
  readonly clock = new SteeredClock();
  readonly windows = new MemorySlidingWindow();
  readonly settings = new AgentSettings();
  readonly limits = new ChatLimitSettings();
  readonly busy = new BusySettings();
  readonly streaming = new StreamingSettings();
  readonly toolSettings = new ToolSettings();
  readonly models = new ModelSettings();
  readonly tokens = new TokenCounter();
  readonly attachments: ReturnType<typeof attachmentsOver>;
  readonly personTools: PersonToolsRepository;
  readonly approvalStore: ApprovalRepository;
  readonly approvals: Approvals;
  readonly drafts: DraftRepository;
  readonly waitNotices: WaitNoticeRepository;
  readonly gate: FloodGate;
  readonly outbox: Outbox;
  readonly access: ReturnType<typeof accessParts>;
  readonly messages: MessageRepository;
  readonly steps: StepRepository;
  readonly turns: TurnRepository;
  readonly endings: TurnEndings;
  readonly interruptionStore: InterruptionRepository;
  readonly claim: EventClaim;
  readonly turnStop: TurnStop;
  readonly commands: Commands;
  readonly context: ContextBuilder;
  readonly overheard: OverheardRepository;
  readonly backgrounds: Backgrounds;
  readonly summaries: SummaryRepository;
  readonly history: HistoryReader;
  readonly channel: TelegramChannel;
  readonly prices: Prices;
  readonly ledger: BudgetLedger;
  readonly budgets: Budgets;
  readonly callers: ModelCallers;
  readonly client: ModelClient;

  private constructor(
    readonly room: Room,
    readonly telegram: TelegramDouble,
    readonly model: ScriptedModel,
    private readonly tools: TestingModule,
    wishes: Wishes,
  ) {
    const { prisma, leases, conversations, ids } = room;
    Object.assign(this.settings, wishes.settings);
    Object.assign(this.toolSettings, wishes.toolSettings);
    Object.assign(this.busy, wishes.busy);
    Object.assign(this.limits, { limit: 1_000_000, ...wishes.limits });
    const channel = telegramChannel(telegram, wishes.telegram, wishes.access);
    this.drafts = new DraftRepository(prisma, leases);
    this.gate = openFloodGate(prisma);
    this.waitNotices = new WaitNoticeRepository(prisma, leases, this.gate);
    const outbox = new Outbox(channel, this.drafts);
    this.outbox = outbox;
    this.access = accessParts(room, channel, outbox, wishes.access);
    this.channel = channel;
    this.messages = new MessageRepository(prisma);
    const people = new PersonRepository();
    this.personTools = new PersonToolsRepository(prisma);
    const reader = new EventReader(channel);
    this.turns = new TurnRepository(
      prisma,
      reader,
      leases,
      this.messages,
      people,
      conversations,
      this.waitNotices,
      ids,
    );
    const limiter = new ChatLimiter(this.windows, this.limits);
    const corrections = new Corrections(prisma, leases, outbox, reader, ids);
    this.claim = new EventClaim(
      reader,
      this.turns,
      corrections,
      limiter,
      this.tokens,
      this.settings,
      this.busy,
      this.access.uninvited,
    );
    const limits = new BudgetLimits(Object.assign(new BudgetSettings(), wishes.budgets));
    this.ledger = new BudgetLedger(prisma, leases, limits);
    this.approvalStore = new ApprovalRepository(
      prisma,
      leases,
      this.messages,
      outbox,
      this.drafts,
      people,
      this.ledger,
    );
    this.approvals = new Approvals(
      this.approvalStore,
      prisma,
      conversations,
      this.toolSettings,
      ids,
      this.access.doorkeeper,
    );
    const facts = new FactsRepository(prisma);
    this.summaries = new SummaryRepository(prisma, leases, this.ledger);
    this.history = new HistoryReader(this.messages, this.tokens);
    this.context = new ContextBuilder(
      this.messages,
      this.history,
      facts,
      this.summaries,
      this.tokens,
      this.settings,
      this.clock,
      new Pictures(channel),
    );
    const models = Object.assign(this.models, {
      apiKey: 'a-key',
      baseUrl: model.baseUrl,
      model: 'double',
      ...wishes.models,
    });
    this.attachments = attachmentsOver(room, channel, models, this.settings, wishes.transcription);
    this.callers = new ModelCallers(new DeploymentSecrets(prisma), models);
    this.client = modelClient(models, prisma, this.clock);
    const budgets = Object.assign(new BudgetSettings(), wishes.budgets);
    this.prices = new Prices(budgets, models);
    this.budgets = new Budgets(this.ledger, this.prices, limits);
    this.steps = new StepRepository(prisma, leases, this.prices);
    this.endings = new TurnEndings(
      prisma,
      leases,
      conversations,
      this.messages,
      outbox,
      this.drafts,
      this.approvalStore,
      corrections,
      this.ledger,
      ids,
    );
    this.interruptionStore = new InterruptionRepository(
      prisma,
      leases,
      conversations,
      this.turns,
      this.endings,
    );
    this.overheard = new OverheardRepository(room.pool, new GroupSettings());
    this.backgrounds = new Backgrounds(prisma, leases, this.overheard, this.tokens, this.settings);
    const { turnStop, commands } = commandsOf(this, { facts, people, limits });
    this.turnStop = turnStop;
    this.commands = commands;
  }

  static async open(wishes: Wishes = {}): Promise<AgentRoom> {
    const tools: Provider[] = [...(wishes.tools ?? [])];
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [ToolRegistry, ...tools],
    }).compile();
    await module.init();
    const parts = [await Room.open(), await TelegramDouble.start(), await ScriptedModel.start()] as const;
    return new AgentRoom(...parts, module, wishes);
  }

  /** The instance whose methods are the tools. */
  tool<T>(type: new () => T): T {
    return this.tools.get(type);
  }

  /** @param steps another one where the checkpoints shall misbehave */
  loop(steps = this.steps): AgentLoop {
    return loopOf(this, this.tools.get(ToolRegistry), steps);
  }

  /** What the model sees of a conversation in which nothing but this was said. */
  contextOf(text: string, budget = 10_000): TurnContext {
    const own = { messages: [{ role: 'user' as const, content: text }], tokens: 0 };
    const system = { role: 'system' as const, content: 'You are a double.' };
    return { system, hasOutsideSummary: false, history: [], own, joined: [], exchanges: [], budget };
  }

  /** A turn that has claimed what waits in the conversation, and the lease to go on with it. */
  async begin(conversation: Conversation, ...texts: string[]): Promise<{ lease: Lease; turn: Turn }> {
    for (const text of texts) await this.room.event(conversation, text);
    const lease = await this.room.lease(conversation.id);
    const claimed = await this.claim.next(lease, conversation);
    if (claimed.kind !== 'turn') throw new Error(`no turn: ${claimed.kind}`);
    return { lease, turn: claimed.turn };
  }

  /** One process's runner; another one has a `Stopping` of its own. */
  runner(stopping = new Stopping(), steps = this.steps, isolated = noIsolation): TurnRunner {
    const metrics = new TurnMetrics(new Metrics());
    const afterRun = this.afterRun(metrics);
    return new TurnRunner(
      this.room.conversations,
      this.channel,
      this.turns,
      this.endings,
      this.commands,
      new ClaimTries(this.claim, this.turns, eventTriesOf(this)),
      turnWorkOf(this, stopping, steps),
      afterRun,
      new IsolatedRuns(isolated, new Database(this.room.url), this.turns, steps, afterRun, stopping),
      new TurnWatch(new TurnWatchRepository(this.room.prisma), this.busy),
      this.interruptions(),
      new BusyIndicator(this.channel),
      this.notices(),
      this.room.holder,
      stopping,
      this.settings,
      metrics,
    );
  }

  private afterRun(metrics: TurnMetrics): AfterRun {
    const { turns, endings, claim, approvals } = this;
    return new AfterRun(turns, endings, claim, approvals, new NoJitter(), metrics, errorTexts);
  }

  interruptions(): Interruptions {
    return new Interruptions(this.room.conversations, this.claim, this.interruptionStore, this.busy);
  }

  notices(): WaitNotices {
    const { conversations, holder } = this.room;
    const reader = new EventReader(this.channel);
    return new WaitNotices(
      this.channel,
      this.waitNotices,
      conversations,
      this.turns,
      reader,
      holder,
      this.limits,
      this.access.uninvited,
      this.gate,
    );
  }

  /** One process's summarizer. */
  summarizer(stopping = new Stopping()): Summarizer {
    return new Summarizer(
      this.room.conversations,
      this.summaries,
      this.history,
      this.client,
      this.callers,
      this.room.holder,
      stopping,
      this.tokens,
      this.budgets,
      this.settings,
      new NoJitter(),
      errorTexts,
    );
  }

  async close(): Promise<void> {
    await this.telegram.close();
    await this.model.close();
    await this.room.close();
  }
}
