import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { ReplayRepository } from './replay.repository.js';

/** Goes on with replays of many webhooks: a part of the sweep. The sweep also finds what they store. */
@Injectable()
export class ReplaySweep implements OnModuleInit {
  constructor(
    private readonly replays: ReplayRepository,
    private readonly additions: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.additions.add('replays', () => this.run());
  }

  /** One pass. */
  async run(): Promise<void> {
    for (const id of await this.replays.running()) await this.replays.advance(id);
  }
}
