import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import type { AccessDecision, AccessGrant } from '../../access/access-decision.js';
import { AccessPolicy, type ChatGrant, isInChatsName, type Origin } from '../../access/access-policy.js';
import { PairingsService } from '../../access/pairings.service.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { isByPerson } from '../../channel/event-source.js';
import type { Candidate } from './lane-state.repository.js';

/** The candidates of people with access. */
export interface FilteredCandidates {
  readonly candidates: readonly Candidate[];
  /** A person was notified: replies wait to be sent. */
  readonly replied: boolean;
}

/** Filters waiting messages of people who are blocked or have no access. */
@Injectable()
export class AccessFilter {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly accessPolicy: AccessPolicy,
    private readonly pairings: PairingsService,
  ) {}

  /**
   * Gives people without access a code, and ends their messages; drops messages of blocked people silently. The
   * settings' refusals happen before the inbox.
   * @param chatGrant the grant of the conversation's chat, where it is read already
   * @throws LeaseLostError
   */
  async turnAwayUnadmitted(
    lease: Lease,
    conversation: Conversation,
    candidates: readonly Candidate[],
    chatGrant?: AccessGrant,
  ): Promise<FilteredCandidates> {
    const origins = candidates.map((candidate) => originOf(conversation, candidate));
    const { channel, chatId } = destinationOf(conversation);
    const verdicts = await this.evaluate(origins, chatGrant ? { channel, chatId, grant: chatGrant } : null);
    const of = (verdict: 'pair' | 'ignore') => candidates.filter((_, index) => verdicts[index] === verdict);
    // A task or a webhook that has no access requests no code.
    const asking = of('pair').filter(({ event }) => isByPerson(event));
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

  /** Returns the candidates of people with access; the others stay as they are. */
  async keepAdmitted(
    conversation: Conversation,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    const verdicts = await this.evaluate(candidates.map((candidate) => originOf(conversation, candidate)));
    return candidates.filter((_, index) => verdicts[index] === 'serve' || verdicts[index] === 'refuse');
  }

  private async evaluate(
    origins: readonly Origin[],
    read: ChatGrant | null = null,
  ): Promise<readonly AccessDecision[]> {
    const verdicts = await this.accessPolicy.evaluateAll(origins, read);
    const inItsName = origins.find(isInChatsName);
    if (!inItsName || !(await this.accessPolicy.mayHideBlocked(inItsName, never))) return verdicts;
    return verdicts.map((verdict, index) =>
      origins[index] && isInChatsName(origins[index]) ? 'ignore' : verdict,
    );
  }
}

const never = new AbortController().signal;

/** The origin with the present chat: it may have migrated since the message arrived. */
function originOf(conversation: Conversation, { heard }: Candidate): Origin {
  const { channel, chatId, threadId, via, chatType: type, title, username } = destinationOf(conversation);
  const chat = { chatId, threadId, via, type, title, username };
  return { channel, chat, sender: heard?.sender ?? null };
}
