import { Doorkeeper } from '../../src/access/doorkeeper.js';
import { StandingRepository } from '../../src/access/standing.repository.js';
import { AccessSettings } from '../../src/config/access.settings.js';
import { ChatLimitSettings } from '../../src/config/chat-limit.settings.js';
import { GroupSettings } from '../../src/config/group.settings.js';
import { DraftRepository } from '../../src/delivery/draft.repository.js';
import { Outbox } from '../../src/delivery/outbox.js';
import { ConversationDirectory } from '../../src/inbox/conversation-directory.js';
import { EventRepository } from '../../src/inbox/event.repository.js';
import { Inbox } from '../../src/inbox/inbox.service.js';
import { Overhearing } from '../../src/inbox/overhearing.js';
import { OverflowNotice } from '../../src/inbox/overflow-notice.js';
import { UnusedUpdates } from '../../src/inbox/unused-updates.js';
import { OverheardRepository } from '../../src/memory/overheard.repository.js';
import { Metrics } from '../../src/observability/metrics.js';
import type { LaneWaker } from '../../src/queue/lane-waker.js';
import { Clock } from '../../src/runtime/clock.js';
import type { Room } from './room.js';
import { telegramChannel } from './telegram-channel.js';

export interface InboxWishes {
  readonly backlogLimit?: number;
  readonly allowedChats?: readonly string[];
}

/** One process's door over a room. */
export function inboxOf(
  room: Room,
  waker: LaneWaker,
  { backlogLimit = 100_000, allowedChats = [] }: InboxWishes = {},
): Inbox {
  const channel = telegramChannel({ token: '1:unused', root: 'http://127.0.0.1:9' }, { allowedChats });
  const limits = Object.assign(new ChatLimitSettings(), { backlogLimit });
  const notice = new OverflowNotice(
    room.prisma,
    room.conversations,
    new Outbox(channel, new DraftRepository(room.prisma, room.leases)),
    waker,
  );
  const groups = new GroupSettings();
  const directory = new ConversationDirectory(room.conversations);
  const metrics = new Metrics();
  return new Inbox(
    channel,
    directory,
    new EventRepository(room.pool),
    waker,
    notice,
    new UnusedUpdates(channel, metrics),
    new Overhearing(
      channel,
      new OverheardRepository(room.pool, groups),
      directory,
      new Doorkeeper(channel, new StandingRepository(room.prisma), new AccessSettings()),
      groups,
      new Clock(),
    ),
    limits,
    metrics,
  );
}
