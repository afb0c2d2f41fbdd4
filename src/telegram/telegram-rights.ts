import type { ChatRights, Rights } from '../channel/capabilities.js';
import type { Received } from '../channel/channel.js';
import type { UserId } from '../channel/ids.js';
import type { Bots } from './bots/bots.js';

/** The admins of chats, as each bot sees them. */
export class TelegramRights implements ChatRights {
  constructor(private readonly bots: Bots) {}

  rightsOf(origin: Pick<Received, 'channel' | 'chat' | 'sender'>, signal: AbortSignal): Promise<Rights> {
    return this.bots.findBot(origin.channel).admins.rightsOf(origin, signal);
  }

  adminsOf(origin: Pick<Received, 'channel' | 'chat'>, signal: AbortSignal): Promise<readonly UserId[]> {
    return this.bots.findBot(origin.channel).admins.adminsOf(origin.chat.chatId, signal);
  }
}
