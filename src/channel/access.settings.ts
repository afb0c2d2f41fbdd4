import { ArrayUnique, IsIn, Matches } from 'class-validator';
import type { UserId } from './ids.js';
import { FromEnv, list } from '../platform/config/variable.js';

const accessModes = ['open', 'pairing'] as const;
export type AccessMode = (typeof accessModes)[number];

/** Access to the bot, besides `TELEGRAM_ALLOWED_CHATS`. */
export class AccessSettings {
  @FromEnv('TELEGRAM_ACCESS', {
    description:
      'open: everybody, or who is in TELEGRAM_ALLOWED_CHATS; pairing: others get a code, by which an operator lets them in',
    example: 'pairing',
  })
  @IsIn(accessModes)
  mode: AccessMode = 'open';

  @FromEnv('TELEGRAM_OWNERS', {
    description:
      'comma-separated user ids: always let in, never blocked, asked whom to let in, and may allow tool calls',
    example: '123456789',
    placeholder: 'your-user-id',
    parse: list,
  })
  @ArrayUnique()
  @Matches(/^\d{1,18}$/, { each: true, message: 'must be ids of users, separated by commas' })
  owners: readonly string[] = [];

  isOwner(userId: UserId): boolean {
    return this.owners.includes(userId);
  }
}
