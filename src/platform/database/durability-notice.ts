import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../errors/errors.js';
import { durabilityRisks, readCommitDurability } from './commit-durability.js';
import { DatabasePool } from './database-pool.js';

/** Warns at start of settings that can lose acknowledged commits: promises are no better than the database's. */
@Injectable()
export class DurabilityNotice {
  private readonly logger = new Logger('Database');

  constructor(private readonly pool: DatabasePool) {}

  /** A failure does not stop the start. */
  async tell(): Promise<void> {
    try {
      for (const { code, says, todo } of durabilityRisks(await readCommitDurability(this.pool)))
        this.logger.warn({ msg: 'commits may be lost', code, why: says, todo });
    } catch (error) {
      this.logger.debug({ msg: 'durability of commits not known', error: messageOf(error) });
    }
  }
}
