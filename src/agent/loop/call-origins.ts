import { Injectable } from '@nestjs/common';
import type { UserId } from '../../channel/ids.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Event, Turn } from '../../generated/prisma/client.js';
import type { Influence } from '../context/outside-influence.js';
import type { TurnRun } from '../turns/turn-run.js';
import { EventReader } from '../turns/event-reader.js';

type ReadableEvent = Pick<Event, 'source' | 'payload'>;

/** Events read to find who brought text from outside; with more, an admin decides. */
const MAX_BRINGERS = 200;

/** Finds the person who is responsible for the tool calls of a turn. */
@Injectable()
export class CallOrigins {
  constructor(
    private readonly prisma: PrismaService,
    private readonly reader: EventReader,
  ) {}

  /**
   * Finds the user id of the one person whose messages alone led to a turn's calls; null if several people's did, or an
   * unknown person's.
   * @param influence `outside`: people who brought text from outside into a group since its last /reset count too
   */
  async findOnlyPerson({ conversation, turn, heard }: TurnRun, influence: Influence): Promise<UserId | null> {
    const isShared = influence === 'outside' && conversation.chatType !== 'private';
    const brought = isShared ? await this.findBringersOfOutside(turn) : [];
    if (brought === null) return null;
    const all = [...heard, ...brought.map((event) => this.reader.read(event))];
    const people = new Set(all.map((one) => one?.sender?.userId ?? null));
    const [only = null] = people;
    return people.size === 1 ? only : null;
  }

  /** @returns null if not all are known: group context brought it, or there are too many */
  private async findBringersOfOutside({ id, conversationId, epoch }: Turn): Promise<ReadableEvent[] | null> {
    if ((await this.prisma.turnGroupContext.count({ where: { turnId: id } })) > 0) return null;
    // A turn without an answer records nothing about its request.
    const events = await this.prisma.$queryRaw<ReadableEvent[]>`
      SELECT e.source, e.payload FROM turns t JOIN events e ON e.turn_id = t.id
      WHERE t.conversation_id = ${conversationId}::uuid AND t.epoch = ${epoch} AND t.id <> ${id}::uuid
        AND (t.state <> 'done' OR EXISTS (SELECT 1 FROM messages m WHERE m.turn_id = t.id AND m.outside))
      LIMIT ${MAX_BRINGERS + 1}`;
    return events.length > MAX_BRINGERS ? null : events;
  }
}
