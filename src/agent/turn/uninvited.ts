import { Injectable } from '@nestjs/common';
import { Doorkeeper, type Origin } from '../../access/doorkeeper.js';
import { Pairings } from '../../access/pairings.service.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { SCHEDULE_SOURCE } from '../../schedules/scheduled-event.js';
import type { Candidate } from './turn.repository.js';

/** What is left when those who may not talk to the agent are turned away. */
export interface Invited {
  readonly candidates: readonly Candidate[];
  /** Somebody was told something: replies wait to be sent. */
  readonly replied: boolean;
}

/** Messages that waited for a turn, and are not for the agent: of people who are blocked, or not let in. */
@Injectable()
export class Uninvited {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly doorkeeper: Doorkeeper,
    private readonly pairings: Pairings,
  ) {}

  /**
   * Who is not let in is given a code, and their messages are done; what is not to be heard is dropped, without a word.
   * What the settings refuse was turned away at the door.
   * @throws LeaseLostError
   */
  async turnAway(
    lease: Lease,
    conversation: Conversation,
    candidates: readonly Candidate[],
  ): Promise<Invited> {
    const origins = candidates.map((candidate) => originOf(conversation, candidate));
    const verdicts = await this.doorkeeper.verdictsOn(origins);
    const of = (verdict: 'pair' | 'ignore') => candidates.filter((_, index) => verdicts[index] === verdict);
    // What was planned by somebody who has been put out since asks for nothing.
    const asking = of('pair').filter(({ event }) => event.source !== SCHEDULE_SOURCE);
    const ignored = [...of('ignore'), ...of('pair').filter((candidate) => !asking.includes(candidate))];
    if (asking.length === 0 && ignored.length === 0) return { candidates, replied: false };
    const [first] = asking;
    const asker = first && originOf(conversation, first);
    const replied = await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const end = async (ended: readonly Candidate[], state: 'done' | 'dropped') => {
        const ids = ended.map(({ event }) => event.id);
        await tx.event.updateMany({ where: { id: { in: ids }, state: 'waiting' }, data: { state } });
      };
      await end(asking, 'done');
      await end(ignored, 'dropped');
      return asker !== undefined && (await this.pairings.request(tx, conversation.id, asker));
    });
    const turnedAway = new Set([...asking, ...ignored]);
    return { candidates: candidates.filter((candidate) => !turnedAway.has(candidate)), replied };
  }

  /** Those of the candidates that are for the agent; the others stay as they are. */
  async invited(conversation: Conversation, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const verdicts = await this.doorkeeper.verdictsOn(
      candidates.map((candidate) => originOf(conversation, candidate)),
    );
    return candidates.filter((_, index) => verdicts[index] === 'serve' || verdicts[index] === 'refuse');
  }
}

/** In the chat as it is now: it may have moved since the message came. */
function originOf(
  { channel, chatId, threadId, via, chatType: type, title, username }: Conversation,
  { heard }: Candidate,
): Origin {
  const chat = { chatId, threadId, via, type, title, username };
  return { channel, chat, sender: heard?.sender ?? null };
}
