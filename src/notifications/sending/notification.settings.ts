import { IsBoolean } from 'class-validator';
import { FromEnv, flag } from '../../platform/config/variable.js';

/** Calls to the endpoints of operators. */
export class NotificationSettings {
  @FromEnv('NOTIFICATIONS_PRIVATE_ADDRESSES', {
    description: 'whether endpoints of notifications may be in a private network or on this machine',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  privateAddresses: boolean = false;
}
