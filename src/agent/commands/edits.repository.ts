import { Injectable } from '@nestjs/common';
import type { ChannelMessageId } from '../../channel/ids.js';
import { Channel, type Received } from '../../channel/channel.js';
import { type InboundEdit, isWritten } from '../../channel/inbound.js';
import { BusySettings } from '../turns/busy.settings.js';
import type { Event, Message, Prisma, Turn } from '../../generated/prisma/client.js';
import { readAttachments, toJson } from '../attachments/stored-attachments.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { turnThatAnswers } from '../../memory/continued-turns.js';
import { GroupContextRepository } from '../../memory/group-context.repository.js';
import { isAnswered } from '../turns/answered.js';

/** A stored update with an edited message. */
export interface EditEvent {
  readonly id: bigint;
  readonly conversationId: string;
  readonly payload: Prisma.JsonValue;
}

/** The outcome of an edit. `ignored`: its text is unchanged, or the message is unknown. */
export type EditOutcome = 'replaced' | 'joins' | 'corrects' | 'recorded' | 'ignored';

/** Waiting messages that may be the edited one, read at once. */
const NAMED_AT_ONCE = 20;
/** Past every event's id. */
const MAX_ID = 2n ** 63n - 1n;

/** Applies an author's edit of a message. */
@Injectable()
export class EditsRepository {
  constructor(
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly groupContext: GroupContextRepository,
    private readonly settings: BusySettings,
  ) {}

  /**
   * Applies one edit in the caller's transaction. The new text replaces a message that still waits. For one whose turn
   * is under way it counts as a newer message, which the busy mode handles. For an older one it is recorded, and
   * answered anew if AGENT_CORRECT_EDITED_ANSWERS is on.
   */
  async apply(
    tx: Prisma.TransactionClient,
    event: EditEvent,
    inbound: Received<InboundEdit>,
  ): Promise<EditOutcome> {
    const { conversationId } = event;
    if (inbound.channelMessageId === null || this.channel.admission(inbound) === 'refused') return 'ignored';
    // A forwarded text cannot be edited by its sender, and another bot's edit is not the sender's words.
    if (inbound.isOfOthers) return 'ignored';
    if (await this.conversations.isBlocked(tx, conversationId)) return 'ignored';
    return (await this.replaceWaiting(tx, event, inbound)) ?? (await this.changeKnown(tx, event, inbound));
  }

  /** @returns null if the message does not wait (any more) */
  private async replaceWaiting(
    tx: Prisma.TransactionClient,
    { conversationId, payload }: EditEvent,
    { channel, channelMessageId, text }: Received<InboundEdit>,
  ): Promise<EditOutcome | null> {
    if (channelMessageId === null) return null;
    let before = MAX_ID;
    for (;;) {
      const named = await this.waitingThatName(tx, conversationId, channelMessageId, before);
      for (const { id, payload: original } of named) {
        const known = this.channel.read(channel, original);
        if (!known || !isWritten(known) || known.channelMessageId !== channelMessageId) continue;
        if (known.text === text) return 'ignored';
        const replaced = await tx.event.updateMany({
          // A turn may have claimed it since.
          where: { id, state: 'waiting' },
          data: { payload: payload ?? {} },
        });
        return replaced.count > 0 ? 'replaced' : null;
      }
      const last = named.at(-1);
      if (!last) return null;
      before = last.id;
    }
  }

  /**
   * Some of the waiting messages that may be the edited one, newest first: a payload contains the id of its message, in
   * any channel. However many wait, only the few that contain it are read.
   */
  private async waitingThatName(
    tx: Prisma.TransactionClient,
    conversationId: string,
    channelMessageId: ChannelMessageId,
    before: bigint,
  ): Promise<Pick<Event, 'id' | 'payload'>[]> {
    const literal = channelMessageId.replaceAll(/[^0-9A-Za-z]/g, String.raw`\$&`);
    const word = `(^|[^0-9A-Za-z])${literal}([^0-9A-Za-z]|$)`;
    return await tx.$queryRaw<Pick<Event, 'id' | 'payload'>[]>`
      SELECT id, payload FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind = 'message' AND id < ${before}
        AND strpos(payload::text, ${channelMessageId}) > 0 AND payload::text ~ ${word}
      ORDER BY id DESC LIMIT ${NAMED_AT_ONCE}`;
  }

  private async changeKnown(
    tx: Prisma.TransactionClient,
    event: EditEvent,
    { channelMessageId, position, text }: Received<InboundEdit>,
  ): Promise<EditOutcome> {
    const stored = await tx.message.findFirst({
      where: { conversationId: event.conversationId, channelMessageId, role: 'user' },
      orderBy: { id: 'desc' },
      include: { turn: true },
    });
    const known = stored && { ...stored, turn: stored.turn && (await turnThatAnswers(tx, stored.turn)) };
    // The original may not have addressed the bot.
    if (!known) {
      if (position !== null) await this.groupContext.change(tx, event.conversationId, position, text);
      return 'ignored';
    }
    const files = readAttachments(known.attachments);
    const own = known.text.slice(0, files?.ownChars);
    if (own === text) return 'ignored';
    const lateEdit = await this.isToBeCorrected(tx, known);
    const waits = lateEdit || isUnderWay(known.turn);
    if (waits)
      await tx.event.update({
        where: { id: event.id },
        data: { kind: 'message', state: 'waiting', lateEdit },
      });
    if (isUnderWay(known.turn)) return lateEdit ? 'corrects' : 'joins';
    // The text of its files stays behind it.
    const changed = { text: text + known.text.slice(own.length), editedAt: new Date() };
    const attachments = files && { attachments: toJson({ ...files, ownChars: text.length }) };
    await tx.message.update({ where: { id: known.id }, data: { ...changed, ...attachments } });
    return lateEdit ? 'corrects' : 'recorded';
  }

  /** A message from before a /reset is not answered again. */
  private async isToBeCorrected(
    tx: Prisma.TransactionClient,
    { conversationId, epoch, turn }: Message & { turn: Turn | null },
  ): Promise<boolean> {
    if (!this.settings.correctEditedAnswers || !turn) return false;
    if (epoch !== (await this.conversations.epoch(tx, conversationId))) return false;
    return isAnswered(turn) || (isUnderWay(turn) && turn.correctsId !== null);
  }
}

function isUnderWay(turn: Turn | null): boolean {
  return turn?.state === 'running' || turn?.state === 'waiting';
}
