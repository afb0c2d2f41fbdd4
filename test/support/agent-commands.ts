import { Edits } from '../../src/agent/busy/edits.repository.js';
import { ChatSettings } from '../../src/agent/commands/chat-settings.js';
import { CommandAnswers } from '../../src/agent/commands/command-answers.js';
import { Commands } from '../../src/agent/commands/commands.service.js';
import { ScheduleList } from '../../src/agent/commands/schedule-list.js';
import { Happenings } from '../../src/agent/happenings/happenings.repository.js';
import { TurnStop } from '../../src/agent/turn/turn-stop.repository.js';
import type { BudgetLimits } from '../../src/budget/budget-limits.js';
import { UsageRepository } from '../../src/budget/usage.repository.js';
import type { FactsRepository } from '../../src/memory/facts.repository.js';
import { ScheduleRepository } from '../../src/schedules/schedule.repository.js';
import type { AgentRoom } from './agent-room.js';
import { UnsentAnswers } from '../../src/agent/commands/unsent-answers.js';
import { WaitingCommandRepository } from '../../src/agent/commands/waiting-commands.repository.js';
import { EventTries } from '../../src/agent/tries/event-tries.service.js';
import { EventTriesRepository } from '../../src/agent/tries/event-tries.repository.js';
import { PersonRepository } from '../../src/memory/person.repository.js';
import { chatMoves } from './delivery-parts.js';
import { NoJitter } from './steered.js';
import { errorTexts } from './error-texts.js';

interface Memory {
  readonly facts: FactsRepository;
  readonly people: PersonRepository;
  readonly limits: BudgetLimits;
}

/** What handles what needs no model, and what stops a turn. */
export function commandsOf(
  agent: Pick<
    AgentRoom,
    | 'room'
    | 'channel'
    | 'messages'
    | 'drafts'
    | 'waitNotices'
    | 'outbox'
    | 'approvals'
    | 'approvalStore'
    | 'ledger'
    | 'summaries'
    | 'busy'
    | 'access'
    | 'overheard'
    | 'backgrounds'
  >,
  { facts, people, limits }: Memory,
): { turnStop: TurnStop; commands: Commands } {
  const { channel, messages, drafts, waitNotices, outbox, approvalStore, ledger, busy, overheard } = agent;
  const { prisma, leases, conversations, ids } = agent.room;
  const turnStop = new TurnStop(
    leases,
    conversations,
    messages,
    drafts,
    waitNotices,
    outbox,
    people,
    approvalStore,
    ledger,
  );
  const schedules = new ScheduleList(new ScheduleRepository(prisma, ids));
  const usage = new UsageRepository(limits);
  const answers = new CommandAnswers(
    channel,
    conversations,
    turnStop,
    schedules,
    facts,
    people,
    agent.summaries,
    usage,
    new ChatSettings(conversations, overheard, agent.backgrounds, busy),
    overheard,
  );
  const commands = new Commands(
    prisma,
    channel,
    outbox,
    answers,
    agent.approvals,
    new Edits(channel, conversations, overheard, busy),
    chatMoves(prisma),
    new Happenings(conversations),
    agent.access.doorkeeper,
    agent.access.pairings,
    leases,
    new WaitingCommandRepository(prisma),
    new UnsentAnswers(conversations, outbox),
    eventTriesOf(agent),
  );
  return { turnStop, commands };
}

/** The tries of events, and their end. */
export function eventTriesOf({
  room,
  channel,
  outbox,
  access,
}: Pick<AgentRoom, 'room' | 'channel' | 'outbox' | 'access'>): EventTries {
  const { prisma, ids, conversations } = room;
  return new EventTries(
    new EventTriesRepository(prisma, ids),
    prisma,
    channel,
    conversations,
    new PersonRepository(),
    access.doorkeeper,
    outbox,
    new NoJitter(),
    errorTexts,
  );
}
