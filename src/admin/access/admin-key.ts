import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AdminSettings } from './admin.settings.js';
import { DatabaseSettings } from '../../platform/database/database.settings.js';
import { type GeneratedKey, readOrMakeKey } from '../../platform/config/kept-key.js';

/** The key of everything under `/admin`: the configured one or, outside production, one kept in DATA_DIR. */
@Injectable()
export class AdminKey implements OnModuleInit {
  private readonly logger = new Logger(AdminKey.name);
  private readonly digest: Buffer;
  private readonly file: string;
  private readonly generated: GeneratedKey | null;

  constructor(settings: AdminSettings, { dataDir }: DatabaseSettings) {
    this.file = join(dataDir, 'admin-key');
    this.generated = settings.apiKey === undefined ? readOrMakeKey(this.file) : null;
    this.digest = sha256(Buffer.from(settings.apiKey ?? this.generated?.key ?? ''));
  }

  /**
   * The one secret that is printed: an operator could not know it otherwise. In the message text, which is not
   * redacted.
   */
  onModuleInit(): void {
    if (this.generated === null) return;
    const { key, kept } = this.generated;
    this.logger.warn(
      `ADMIN_API_KEY is not set; ${kept ? `it is ${key}, kept in ${this.file}` : `until the next start it is ${key}`}`,
    );
  }

  /** Compares digests, so that the time reveals neither the key's length nor a correct prefix. */
  matches(given: Buffer): boolean {
    return timingSafeEqual(sha256(given), this.digest);
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
