import { AccessPolicy } from '../../src/access/access-policy.js';
import { AccessGrantRepository } from '../../src/access/access-grant.repository.js';
import type { Channel } from '../../src/channel/channel.js';
import { AccessSettings } from '../../src/channel/access.settings.js';
import { ChatLimitSettings } from '../../src/platform/throttling/chat-limit.settings.js';
import { GroupSettings } from '../../src/memory/group.settings.js';
import { Outbox } from '../../src/delivery/outbox.js';
import { ConversationDirectory } from '../../src/inbox/conversation-directory.js';
import { EventRepository } from '../../src/inbox/event.repository.js';
import { InboxService } from '../../src/inbox/inbox.service.js';
import { GroupContextService } from '../../src/inbox/group-context.service.js';
import { OverflowNotice } from '../../src/inbox/overflow-notice.js';
import { UnusedUpdates } from '../../src/inbox/unused-updates.js';
import { GroupContextRepository } from '../../src/memory/group-context.repository.js';
import { Metrics } from '../../src/platform/observability/metrics.js';
import type { LaneWaker } from '../../src/queue/lane-waker.js';
import { Clock } from '../../src/platform/runtime/clock.js';
import type { Room } from './room.js';
import { telegramChannel } from './telegram-channel.js';

export interface InboxWishes {
  readonly backlogLimit?: number;
  readonly allowedChats?: readonly string[];
  /** Default: Telegram, which nothing answers. */
  readonly channel?: Channel;
}

/** One process's inbox over a room. */
export function inboxOf(
  room: Room,
  waker: LaneWaker,
  {
    backlogLimit = 100_000,
    allowedChats = [],
    channel = telegramChannel({ token: '1:unused', root: 'http://127.0.0.1:9' }, { allowedChats }),
  }: InboxWishes = {},
): InboxService {
  const limits = Object.assign(new ChatLimitSettings(), { backlogLimit });
  const notice = new OverflowNotice(room.prisma, room.conversations, new Outbox(channel), waker);
  const groups = new GroupSettings();
  const directory = new ConversationDirectory(room.conversations);
  const metrics = new Metrics();
  return new InboxService(
    channel,
    directory,
    new EventRepository(room.pool),
    waker,
    notice,
    new UnusedUpdates(channel, metrics),
    new GroupContextService(
      channel,
      new GroupContextRepository(room.pool, groups),
      directory,
      new AccessPolicy(channel, new AccessGrantRepository(room.prisma), new AccessSettings()),
      groups,
      new Clock(),
    ),
    limits,
    metrics,
  );
}
