import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { LiveReply } from './live-reply.js';
import type { Screen, ShownTurn } from './screen.js';

/** Tells how often a change was refused: the lease is somebody else's, or it is not the draft's turn yet. */
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

/** A turn that is under way, and what its chat is shown meanwhile. */
class LiveScene {
  agent: AgentRoom;
  conversation: Conversation;
  lease: Lease;
  turn: Turn;
  drafts: WatchedDrafts;
  live: LiveReply;
  lost: AbortController;

  async open(): Promise<void> {
    this.agent = await AgentRoom.open();
  }

  async begin(screen: () => Screen): Promise<void> {
    const { agent } = this;
    this.conversation = await agent.room.conversation();
    ({ lease: this.lease, turn: this.turn } = await agent.begin(this.conversation, 'tell me'));
    this.lost = new AbortController();
    this.drafts = new WatchedDrafts(agent.room.prisma, agent.room.leases);
    this.show(screen());
  }

  async end(): Promise<void> {
    this.agent.telegram.heal();
    await this.live.end();
  }

  get chat(): number {
    return Number(this.conversation.chatId);
  }

  get shownTurn(): ShownTurn {
    return {
      lease: this.lease,
      turnId: this.turn.id,
      destination: this.conversation,
      stopping: new AbortController().signal,
      lost: this.lost.signal,
    };
  }

  /** From now on the turn shows what it has on this screen, as often as it can. */
  show(screen: Screen): void {
    this.live = new LiveReply(this.agent.channel, screen, this.turn.id, 20);
  }

  replies = () =>
    this.agent.room.prisma.reply.findMany({ where: { turnId: this.turn.id }, orderBy: { id: 'asc' } });

  finish = (text: string) =>
    this.agent.endings.finish(this.lease, this.turn, { text, model: null, errorCode: null });

  /** A reply that was there before the turn has anything to show. */
  earlierReply = () =>
    this.agent.room.prisma.$transaction((tx) =>
      this.agent.outbox.add(tx, { conversationId: this.conversation.id, text: 'earlier' }),
    );
}

/** A scene for all tests of a file, each with a turn of its own that shows what it has on this screen. */
export function openLiveScene(screen: () => Screen): LiveScene {
  const scene = new LiveScene();
  beforeAll(() => scene.open());
  beforeEach(() => scene.begin(screen));
  afterEach(() => scene.end());
  afterAll(() => scene.agent.close());
  return scene;
}
