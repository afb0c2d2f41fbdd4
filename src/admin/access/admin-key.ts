import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { AdminSettings } from '../../config/admin.settings.js';

/** The key of everything under `/admin`: the configured one or, outside production, one made at this start. */
@Injectable()
export class AdminKey implements OnModuleInit {
  private readonly logger = new Logger(AdminKey.name);
  private readonly digest: Buffer;
  private readonly generated: string | null;

  constructor(settings: AdminSettings) {
    this.generated = settings.apiKey === undefined ? randomBytes(24).toString('base64url') : null;
    this.digest = sha256(Buffer.from(settings.apiKey ?? this.generated ?? ''));
  }

  /** The one secret that is printed, once: nobody could know it otherwise. In the text, where no redaction looks. */
  onModuleInit(): void {
    if (this.generated === null) return;
    this.logger.warn(`ADMIN_API_KEY is not set; until the next start it is ${this.generated}`);
  }

  /** Compares digests, so that the time taken tells neither the key's length nor how much of it was right. */
  matches(given: Buffer): boolean {
    return timingSafeEqual(sha256(given), this.digest);
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
