import { Module } from '@nestjs/common';
import { WindowRepository } from './window.repository.js';

/** Windows, in which webhooks of one key wait for one another. `routing/` fills and closes them. */
@Module({ providers: [WindowRepository], exports: [WindowRepository] })
export class CoalescingModule {}
