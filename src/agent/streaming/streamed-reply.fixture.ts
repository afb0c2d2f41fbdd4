import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { destinationOf } from '../../channel/destination-of.js';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { StreamedReplyWriter } from './streamed-reply.js';
import type { PreviewTarget, PreviewedTurn } from './preview-target.js';

/** Counts refused changes: another holder has the lease, or earlier replies are unsent. */
class WatchedDrafts extends DraftRepository {
  refused = 0;

  override begin(...change: Parameters<DraftRepository['begin']>): Promise<boolean> {
    return this.watch(super.begin(...change));
  }

  override beginPreview(...change: Parameters<DraftRepository['beginPreview']>): Promise<boolean> {
    return this.watch(super.beginPreview(...change));
  }

  override keep(...change: Parameters<DraftRepository['keep']>): ReturnType<DraftRepository['keep']> {
    return this.watch(super.keep(...change));
  }

  private async watch<T>(change: Promise<T>): Promise<T> {
    try {
      const changed = await change;
      if (changed === false) this.refused += 1;
      return changed;
    } catch (error) {
      this.refused += 1;
      throw error;
    }
  }
}

/** A turn that is under way, and its chat's view. */
class StreamedReplyFixture {
  agent: AgentRoom;
  conversation: Conversation;
  lease: Lease;
  turn: Turn;
  drafts: WatchedDrafts;
  streamedReply: StreamedReplyWriter;
  lost: AbortController;

  async open(): Promise<void> {
    this.agent = await AgentRoom.open();
  }

  async begin(previewTarget: () => PreviewTarget): Promise<void> {
    const { agent } = this;
    this.conversation = await agent.room.conversation();
    ({ lease: this.lease, turn: this.turn } = await agent.begin(this.conversation, 'tell me'));
    this.lost = new AbortController();
    this.drafts = new WatchedDrafts(agent.room.prisma, agent.room.leases);
    this.show(previewTarget());
  }

  async end(): Promise<void> {
    this.agent.telegram.heal();
    await this.streamedReply.end();
  }

  get chat(): number {
    return Number(this.conversation.chatId);
  }

  get shownTurn(): PreviewedTurn {
    return {
      lease: this.lease,
      turnId: this.turn.id,
      destination: destinationOf(this.conversation),
      stopping: new AbortController().signal,
      lost: this.lost.signal,
    };
  }

  /** From now on the turn shows its streamed reply on this target, as often as it can. */
  show(previewTarget: PreviewTarget): void {
    this.streamedReply = new StreamedReplyWriter(this.agent.channel, previewTarget, this.turn.id, 20);
  }

  replies = () =>
    this.agent.room.prisma.reply.findMany({ where: { turnId: this.turn.id }, orderBy: { id: 'asc' } });

  finish = (text: string) =>
    this.agent.completion.finish(this.lease, this.turn, { text, model: null, errorCode: null });

  /** A reply from before the turn has any text. */
  earlierReply = () =>
    this.agent.room.prisma.$transaction((tx) =>
      this.agent.outbox.add(tx, { conversationId: this.conversation.id, text: 'earlier' }),
    );
}

/** A fixture for all tests of a file: each has a turn that shows its streamed reply on this target. */
export function openStreamedReplyFixture(previewTarget: () => PreviewTarget): StreamedReplyFixture {
  const fixture = new StreamedReplyFixture();
  beforeAll(() => fixture.open());
  beforeEach(() => fixture.begin(previewTarget));
  afterEach(() => fixture.end());
  afterAll(() => fixture.agent.close());
  return fixture;
}
