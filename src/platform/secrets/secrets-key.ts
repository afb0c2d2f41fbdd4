import { join } from 'node:path';
import { Injectable, Logger } from '@nestjs/common';
import { readOrMakeKey } from '../config/kept-key.js';
import { DatabaseSettings } from '../database/database.settings.js';
import { GiveUpError } from '../errors/errors.js';
import { ServerSettings } from '../http/server.settings.js';
import { SecretsSettings } from './secrets.settings.js';

const KEY_BYTES = 32;

/**
 * The key of all secrets of sources and endpoints: SECRETS_KEY or, outside production, one kept in DATA_DIR, which is made when it is
 * needed first. Production has none without the setting, and needs none as long as there is no secret.
 */
@Injectable()
export class SecretsKey {
  private readonly logger = new Logger(SecretsKey.name);
  private key: Buffer | null = null;

  constructor(
    private readonly settings: SecretsSettings,
    private readonly database: DatabaseSettings,
    private readonly server: ServerSettings,
  ) {}

  /** @returns 32 bytes @throws GiveUpError in production without SECRETS_KEY */
  get(): Buffer {
    this.key ??= Buffer.from(this.settings.secretsKey ?? this.generated(), 'base64');
    return this.key;
  }

  private generated(): string {
    if (this.server.production) {
      throw new GiveUpError(
        'SECRETS_KEY_MISSING',
        'SECRETS_KEY is not set, so no secret can be kept',
        'Set it to the output of: openssl rand -base64 32',
      );
    }
    const { key, kept } = readOrMakeKey(join(this.database.dataDir, 'secrets-key'), KEY_BYTES);
    if (!kept)
      this.logger.warn(
        'SECRETS_KEY is not set, and DATA_DIR is not writable: the secrets of sources and endpoints last until the next start',
      );
    return key;
  }
}
