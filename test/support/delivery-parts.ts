import { BudgetMigrationRepository } from '../../src/budget/budget-migration.repository.js';
import type { Channel } from '../../src/channel/channel.js';
import { FloodSettings } from '../../src/delivery/flood/flood.settings.js';
import type { PrismaService } from '../../src/platform/database/prisma.service.js';
import { Confirmations } from '../../src/delivery/confirmations.js';
import { Deliverer } from '../../src/delivery/deliverer.js';
import { FloodGate } from '../../src/delivery/flood/flood-gate.js';
import { FloodWindowsRepository } from '../../src/delivery/flood/flood-windows.repository.js';
import { LateEditRepository } from '../../src/delivery/late-edit.repository.js';
import { ReplyRepository } from '../../src/delivery/reply.repository.js';
import { SendRecords } from '../../src/delivery/send-records.js';
import { ChatMigrationService } from '../../src/memory/chat-migration/chat-migration.service.js';
import { ConversationMerge } from '../../src/memory/chat-migration/conversation-merge.js';
import { HistoryMigration } from '../../src/memory/chat-migration/history-migration.js';
import { ShownMessages } from '../../src/memory/chat-migration/shown-messages.js';
import { Metrics } from '../../src/platform/observability/metrics.js';
import { Stopping } from '../../src/platform/runtime/stopping.js';
import type { Room } from './room.js';
import { NoJitter } from './steered.js';
import { errorTexts } from './error-texts.js';

const WIDE: Partial<FloodSettings> = {
  botPerSecond: 1_000_000,
  chatPerSecond: 1_000_000,
  groupPerMinute: 1_000_000,
};

/** A flood gate with very high limits by default. */
export function openFloodGate(prisma: PrismaService, limits: Partial<FloodSettings> = WIDE): FloodGate {
  const settings = Object.assign(new FloodSettings(), limits);
  return new FloodGate(prisma, new FloodWindowsRepository(prisma), settings, new Metrics());
}

export function chatMigrations(prisma: PrismaService): ChatMigrationService {
  return new ChatMigrationService(
    prisma,
    new HistoryMigration(prisma),
    new ConversationMerge(),
    new ShownMessages(),
    new BudgetMigrationRepository(),
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
  const chatMigration = chatMigrations(prisma);
  const records = new SendRecords(replies, chatMigration, ids, errorTexts, new Metrics());
  const lateEdits = new LateEditRepository(prisma, leases, gate);
  return new Deliverer(
    channel,
    replies,
    records,
    lateEdits,
    new Confirmations(lateEdits, chatMigration),
    gate,
    holder,
    stopping,
    new NoJitter(),
  );
}
