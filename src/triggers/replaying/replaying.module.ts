import { Module } from '@nestjs/common';
import { ReplayRepository } from './replay.repository.js';

/** Replays of many webhooks, as they are kept. `routing/` goes on with them. */
@Module({ providers: [ReplayRepository], exports: [ReplayRepository] })
export class ReplayingModule {}
