import { BudgetMover } from '../../src/budget/budget-mover.repository.js';
import type { Channel } from '../../src/channel/channel.js';
import { FloodSettings } from '../../src/config/flood.settings.js';
import type { PrismaService } from '../../src/database/prisma.service.js';
import { Confirmations } from '../../src/delivery/confirmations.js';
import { Deliverer } from '../../src/delivery/deliverer.js';
import { FloodGate } from '../../src/delivery/flood/flood-gate.js';
import { FloodWindows } from '../../src/delivery/flood/flood-windows.repository.js';
import { LateEditRepository } from '../../src/delivery/late-edit.repository.js';
import { ReplyRepository } from '../../src/delivery/reply.repository.js';
import { SendRecords } from '../../src/delivery/send-records.js';
import { ChatMoves } from '../../src/moves/chat-moves.js';
import { ConversationMerge } from '../../src/moves/conversation-merge.js';
import { HistoryMove } from '../../src/moves/history-move.js';
import { ShownMessages } from '../../src/moves/shown-messages.js';
import { Metrics } from '../../src/observability/metrics.js';
import { Stopping } from '../../src/runtime/stopping.js';
import type { Room } from './room.js';
import { NoJitter } from './steered.js';
import { errorTexts } from './error-texts.js';

const WIDE: Partial<FloodSettings> = {
  botPerSecond: 1_000_000,
  chatPerSecond: 1_000_000,
  groupPerMinute: 1_000_000,
};

/** A flood gate whose limits are out of the way, unless given. */
export function openFloodGate(prisma: PrismaService, limits: Partial<FloodSettings> = WIDE): FloodGate {
  const settings = Object.assign(new FloodSettings(), limits);
  return new FloodGate(prisma, new FloodWindows(prisma), settings, new Metrics());
}

export function chatMoves(prisma: PrismaService): ChatMoves {
  return new ChatMoves(
    prisma,
    new HistoryMove(prisma),
    new ConversationMerge(),
    new ShownMessages(),
    new BudgetMover(),
  );
}

interface Parts {
  readonly gate?: FloodGate;
  readonly stopping?: Stopping;
}

/** One process's sender over a room. */
export function delivererOf(
  { prisma, leases, holder, ids }: Room,
  channel: Channel,
  { gate = openFloodGate(prisma), stopping = new Stopping() }: Parts = {},
): Deliverer {
  const replies = new ReplyRepository(prisma, leases, gate);
  const moves = chatMoves(prisma);
  const records = new SendRecords(replies, moves, ids, errorTexts, new Metrics());
  const lateEdits = new LateEditRepository(prisma, leases, gate);
  return new Deliverer(
    channel,
    replies,
    records,
    lateEdits,
    new Confirmations(lateEdits, moves),
    gate,
    holder,
    stopping,
    new NoJitter(),
  );
}
