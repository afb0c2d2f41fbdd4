import { Injectable } from '@nestjs/common';
import { AccessPolicy } from '../../access/access-policy.js';
import { Channel } from '../../channel/channel.js';
import type { ChatMigration } from '../../channel/inbound.js';
import { ChatMigrationService } from '../../memory/chat-migration/chat-migration.service.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { inLogScope } from '../../platform/observability/log-scope.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { EventTriesService } from '../turns/tries/event-tries.service.js';
import { needsRights } from './chat-settings.js';
import { CommandHandler, type Handled, type HandledOne, nothing } from './command-handler.js';
import {
  type WaitingCommand,
  WaitingCommandsRepository,
  type WaitingCommands,
} from './waiting-commands.repository.js';

/**
 * Handles events that need no model: slash commands, buttons, edits, reactions, membership changes, chat migrations,
 * and senders without access.
 */
@Injectable()
export class CommandsService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly channel: Channel,
    private readonly handler: CommandHandler,
    private readonly chatMigration: ChatMigrationService,
    private readonly accessPolicy: AccessPolicy,
    private readonly waiting: WaitingCommandsRepository,
    private readonly tries: EventTriesService,
  ) {}

  /**
   * Handles the conversation's waiting commands, presses and edits in order, each in one transaction with its effect
   * and its reply, so that each has one effect whichever lane comes first. The others wait behind one that has failed
   * and is deferred, because they may depend on it; except a /stop and a press, which name their own target.
   * @param holder the caller's lease of the lane "turns"; null from any other lane
   * @throws LeaseLostError
   * @throws errors of an unreachable database
   */
  async handleWaiting(conversationId: string, holder: Lease | null): Promise<Handled> {
    let all: Handled = nothing;
    for (;;) {
      const { command, failures, heldUpMs } = await this.next(conversationId);
      if (!command) {
        if (failures > 0 && heldUpMs === 0) await this.tries.forgetSettled(conversationId);
        return { ...all, heldUpMs };
      }
      const ids = { channel: command.source, updateId: command.externalId };
      const next = await inLogScope(ids, () => this.handleAlone(command, conversationId, holder));
      // The conversation is being erased, and its events with it.
      if (next === 'gone') return { ...all, heldUpMs };
      // Another lane was faster.
      if (next === null) continue;
      all = {
        replied: all.replied || next.replied,
        unblocked: [...all.unblocked, ...next.unblocked],
        notified: [...all.notified, ...next.notified],
        heldUpMs: 0,
      };
      // Not awaited: an unanswered button stops waiting by itself.
      if (next.acknowledged) {
        const { channel, press, words } = next.acknowledged;
        void this.channel.buttons?.answerPress(channel, press, words, never);
      }
    }
  }

  private async next(conversationId: string): Promise<Next> {
    const { first, failures, heldUpMs } = await this.waiting.look(conversationId);
    if (!first || first.waitMs === 0) return { command: first, failures, heldUpMs };
    const command = await this.waiting.findBehind(conversationId, first.id, (one) => this.overtakes(one));
    return { command, failures, heldUpMs };
  }

  private overtakes({ source, payload }: WaitingCommand): boolean {
    try {
      const inbound = this.channel.read(source, payload);
      if (!inbound) return false;
      if (inbound.kind === 'command') return inbound.command.name === 'stop';
      return inbound.kind === 'press' || inbound.kind === 'stopped-preview';
    } catch {
      return false;
    }
  }

  /** A failed event of any kind keeps its conversation waiting only until its tries are used up. */
  private async handleAlone(
    command: WaitingCommand,
    conversationId: string,
    holder: Lease | null,
  ): Promise<HandledOne | 'gone' | null> {
    const { id, source, payload, hasFailed } = command;
    try {
      const inbound = this.channel.read(source, payload);
      if (inbound?.kind === 'migration') return await this.moveChat(id, inbound.channel, inbound.migration);
      // Before the transaction: this may ask the channel.
      const asks = inbound !== null && needsRights(inbound);
      const rights = (asks ? await this.channel.rights?.rightsOf(inbound, never) : null) ?? 'unknown';
      const hidesBlocked = inbound !== null && (await this.accessPolicy.mayHideBlocked(inbound, never));
      return await this.prisma.$transaction(async (tx) => {
        const handled = await this.handler.handle(tx, { id, conversationId, holder, rights, hidesBlocked });
        if (hasFailed) await tx.eventFailure.deleteMany({ where: { eventId: id } });
        return handled;
      });
    } catch (error) {
      const { replied } = await this.tries.failed({ id, source, payload, conversationId }, error);
      return { ...nothing, replied };
    }
  }

  /** Outside of a transaction: it may take long, and is repeated until it is done. */
  private async moveChat(id: bigint, channel: string, move: ChatMigration): Promise<HandledOne> {
    const unblocked = await this.chatMigration.migrate(channel, move);
    // In the conversation's present chat: it may have migrated.
    await this.prisma.event.updateMany({ where: { id, state: 'waiting' }, data: { state: 'done' } });
    return { ...nothing, unblocked: unblocked };
  }
}

const never = new AbortController().signal;

/** The event to handle now, and the failures of the others. */
interface Next extends Omit<WaitingCommands, 'first'> {
  readonly command: WaitingCommand | null;
}
