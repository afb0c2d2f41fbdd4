import { Injectable } from '@nestjs/common';
import { Channel, type Received } from '../../channel/channel.js';
import { BusySettings } from '../../config/busy.settings.js';
import type { Event, Message, Prisma, Turn } from '../../generated/prisma/client.js';
import { readAttachments, toJson } from '../attachments/stored-attachments.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { turnThatAnswers } from '../../memory/continued-turns.js';
import { OverheardRepository } from '../../memory/overheard.repository.js';
import { isAnswered } from '../corrections/answered.js';

/** A stored update that tells of an edited message. */
export interface EditEvent {
  readonly id: bigint;
  readonly conversationId: string;
  readonly payload: Prisma.JsonValue;
}

/** What an edit came to. `ignored`: its text is the old one, or the bot does not know the message. */
export type EditOutcome = 'replaced' | 'joins' | 'corrects' | 'recorded' | 'ignored';

/** Of messages that wait and may be the edited one, read at once. */
const NAMED_AT_ONCE = 20;
/** Past every event's id. */
const MAX_ID = 2n ** 63n - 1n;

/** What becomes of a message that its author changes. */
@Injectable()
export class Edits {
  constructor(
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly overheard: OverheardRepository,
    private readonly settings: BusySettings,
  ) {}

  /**
   * Gives one edit its effect, in the caller's transaction. The new text takes the place of a message that still waits;
   * of one whose turn is under way it is a newer message, which the busy mode deals with; of an older one it is recorded,
   * and answered anew where AGENT_CORRECT_EDITED_ANSWERS is on.
   */
  async apply(tx: Prisma.TransactionClient, event: EditEvent, inbound: Received): Promise<EditOutcome> {
    const { conversationId } = event;
    if (inbound.channelMessageId === null || this.channel.admission(inbound) === 'refused') return 'ignored';
    // Nobody can change what they only passed on, and what another bot changes they have not said.
    if (inbound.isOfOthers) return 'ignored';
    if (await this.conversations.isBlocked(tx, conversationId)) return 'ignored';
    return (
      (await this.replaceWaiting(tx, event, inbound)) ??
      (await this.changeKnown(tx, event, inbound.channelMessageId, inbound.text))
    );
  }

  /** @returns null where the message does not wait (any more) */
  private async replaceWaiting(
    tx: Prisma.TransactionClient,
    { conversationId, payload }: EditEvent,
    { channel, channelMessageId, text }: Received,
  ): Promise<EditOutcome | null> {
    if (channelMessageId === null) return null;
    let before = MAX_ID;
    for (;;) {
      const named = await this.waitingThatName(tx, conversationId, channelMessageId, before);
      for (const { id, payload: original } of named) {
        const known = this.channel.read(channel, original);
        if (known?.channelMessageId !== channelMessageId) continue;
        if (known?.text === text) return 'ignored';
        const replaced = await tx.event.updateMany({
          // A turn may have taken it since.
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
   * Some of the messages that wait and that this may be, newest first: a payload has the id of its message in digits,
   * whatever the channel calls it. However many wait, the few that have it are read, and no other.
   */
  private async waitingThatName(
    tx: Prisma.TransactionClient,
    conversationId: string,
    channelMessageId: bigint,
    before: bigint,
  ): Promise<Pick<Event, 'id' | 'payload'>[]> {
    const digits = String(channelMessageId);
    return await tx.$queryRaw<Pick<Event, 'id' | 'payload'>[]>`
      SELECT id, payload FROM events
      WHERE conversation_id = ${conversationId}::uuid AND state = 'waiting' AND kind = 'message' AND id < ${before}
        AND strpos(payload::text, ${digits}) > 0 AND payload::text ~ ${`(^|[^0-9])${digits}([^0-9]|$)`}
      ORDER BY id DESC LIMIT ${NAMED_AT_ONCE}`;
  }

  private async changeKnown(
    tx: Prisma.TransactionClient,
    event: EditEvent,
    channelMessageId: bigint,
    text: string,
  ): Promise<EditOutcome> {
    const stored = await tx.message.findFirst({
      where: { conversationId: event.conversationId, channelMessageId, role: 'user' },
      orderBy: { id: 'desc' },
      include: { turn: true },
    });
    const known = stored && { ...stored, turn: stored.turn && (await turnThatAnswers(tx, stored.turn)) };
    // Maybe it was not for the bot before.
    if (!known) await this.overheard.change(tx, event.conversationId, channelMessageId, text);
    if (!known) return 'ignored';
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
    // What was made of its files stays behind it.
    const changed = { text: text + known.text.slice(own.length), editedAt: new Date() };
    const attachments = files && { attachments: toJson({ ...files, ownChars: text.length }) };
    await tx.message.update({ where: { id: known.id }, data: { ...changed, ...attachments } });
    return lateEdit ? 'corrects' : 'recorded';
  }

  /** Nothing that was said before a /reset is answered again. */
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
