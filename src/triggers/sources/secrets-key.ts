import { join } from 'node:path';
import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { readOrMakeKey } from '../../platform/config/kept-key.js';
import { DatabaseSettings } from '../../platform/database/database.settings.js';
import { GiveUpError } from '../../platform/errors/errors.js';
import { ServerSettings } from '../../platform/http/server.settings.js';
import { SecretsSettings } from './secrets.settings.js';

const KEY_BYTES = 32;

/**
 * The key of all secrets of sources: SECRETS_KEY or, outside production, one kept in DATA_DIR. Production has none
 * without the setting, and needs none as long as no source has a secret.
 */
@Injectable()
export class SecretsKey implements OnModuleInit {
  private readonly logger = new Logger(SecretsKey.name);
  private readonly key: Buffer | null;
  private readonly isForgotten: boolean;

  constructor(
    { secretsKey }: SecretsSettings,
    { dataDir }: DatabaseSettings,
    { production }: ServerSettings,
  ) {
    const generated =
      secretsKey === undefined && !production ? readOrMakeKey(join(dataDir, 'secrets-key'), KEY_BYTES) : null;
    const text = secretsKey ?? generated?.key;
    this.key = text === undefined ? null : Buffer.from(text, 'base64');
    this.isForgotten = generated?.kept === false;
  }

  onModuleInit(): void {
    if (this.isForgotten)
      this.logger.warn(
        'SECRETS_KEY is not set, and DATA_DIR is not writable: sources last until the next start',
      );
  }

  /** @returns 32 bytes @throws GiveUpError in production without SECRETS_KEY */
  get(): Buffer {
    if (this.key?.length === KEY_BYTES) return this.key;
    throw new GiveUpError(
      'SECRETS_KEY_MISSING',
      'SECRETS_KEY is not set, so no secret can be kept',
      'Set it to the output of: openssl rand -base64 32',
    );
  }
}
