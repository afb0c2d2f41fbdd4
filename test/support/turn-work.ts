import { Pictures } from '../../src/agent/attachments/pictures.js';
import { Newcomers } from '../../src/agent/busy/newcomers.js';
import { LiveReplies } from '../../src/agent/live/live-replies.js';
import { Opening } from '../../src/agent/turn/opening.js';
import type { StepRepository } from '../../src/agent/turn/step.repository.js';
import { TurnReaction } from '../../src/agent/turn/turn-reaction.js';
import { TurnWork } from '../../src/agent/turn/turn-work.js';
import type { Stopping } from '../../src/runtime/stopping.js';
import type { AgentRoom } from './agent-room.js';

/** What one process's runner does within a turn. */
export function turnWorkOf(agent: AgentRoom, stopping: Stopping, steps: StepRepository): TurnWork {
  const { channel, claim, context, attachments, busy } = agent;
  const { prisma, leases, conversations } = agent.room;
  return new TurnWork(
    channel,
    claim,
    new Opening(channel, prisma, leases, conversations),
    agent.messages,
    attachments,
    context,
    agent.backgrounds,
    agent.callers,
    new Newcomers(claim, context, attachments, new Pictures(channel), busy),
    agent.budgets,
    new LiveReplies(channel, agent.drafts, agent.gate, stopping, agent.streaming),
    new TurnReaction(channel),
    agent.loop(steps),
    agent.endings,
  );
}
