import { Injectable } from '@nestjs/common';
import { Prisma, type SourceSecret } from '../../generated/prisma/client.js';
import { GiveUpError } from '../../platform/errors/errors.js';
import { Ids } from '../../platform/runtime/ids.js';
import type { DescribedHmac } from '../schemes/described-hmac.js';
import { sealSecret } from '../../platform/secrets/secret-box.js';
import { SecretsKey } from '../../platform/secrets/secrets-key.js';
import { MAX_BODY_BYTES, MAX_SECRETS, presetOf, type SourceSettings } from './source.js';
import { SourceDirectory } from './source-directory.js';
import { type ListedSource, type SourceChange, SourceRepository } from './source.repository.js';

/** A source as an operator wishes it; what is left out has its default. */
export interface NewSource {
  readonly name: string;
  readonly preset: string;
  readonly secrets: readonly string[];
  readonly hmac?: DescribedHmac | undefined;
  readonly idFrom?: string | null | undefined;
  readonly maxBodyBytes?: number | undefined;
  readonly ratePerMinute?: number | null | undefined;
}

/** Keeps the sources of webhooks and their secrets. The process that changes one knows it at once. */
@Injectable()
export class SourcesService {
  constructor(
    private readonly sources: SourceRepository,
    private readonly directory: SourceDirectory,
    private readonly key: SecretsKey,
    private readonly ids: Ids,
  ) {}

  /** @throws GiveUpError with a code: SOURCE_UNKNOWN */
  async get(name: string): Promise<ListedSource> {
    const source = await this.sources.find(name);
    if (!source) throw new GiveUpError('SOURCE_UNKNOWN', 'There is no source with this name');
    return source;
  }

  async list(after: string | null, limit: number): Promise<ListedSource[]> {
    return await this.sources.list(after, limit);
  }

  /** @throws GiveUpError with a code: SOURCE_INVALID, SOURCE_NAME_TAKEN, SECRETS_KEY_MISSING */
  async create({ name, preset, secrets, hmac, ...limits }: NewSource): Promise<ListedSource> {
    const settings = { preset, hmac: hmac ? jsonOf(hmac) : null, idFrom: limits.idFrom ?? null };
    assertSecrets(settings, secrets.length);
    const id = this.ids.next();
    const row = {
      ...settings,
      hmac: settings.hmac ?? Prisma.DbNull,
      id,
      name,
      maxBodyBytes: limits.maxBodyBytes ?? MAX_BODY_BYTES,
      ratePerMinute: limits.ratePerMinute ?? null,
    };
    const created = await this.sources.create(
      row,
      secrets.map((secret) => this.seal(id, secret)),
    );
    if (!created) throw new GiveUpError('SOURCE_NAME_TAKEN', 'There is a source with this name');
    await this.directory.refresh();
    return created;
  }

  /**
   * Its preset stays: with another one its secrets would prove something else. Discord's, for example, are public keys.
   * @throws GiveUpError with a code: SOURCE_UNKNOWN, SOURCE_INVALID
   */
  async change(
    name: string,
    wish: Partial<Omit<NewSource, 'name' | 'preset' | 'secrets'>>,
  ): Promise<ListedSource> {
    const known = await this.get(name);
    const { hmac, idFrom, maxBodyBytes, ratePerMinute } = wish;
    const settings: SourceSettings = {
      preset: known.preset,
      hmac: hmac ? jsonOf(hmac) : known.hmac,
      idFrom: idFrom === undefined ? known.idFrom : idFrom,
    };
    assertSecrets(settings, known.secrets.length);
    const change: SourceChange = {
      ...settings,
      hmac: settings.hmac ?? Prisma.DbNull,
      ...(maxBodyBytes !== undefined && { maxBodyBytes }),
      ...(ratePerMinute !== undefined && { ratePerMinute }),
    };
    const changed = await this.sources.change(known.id, change);
    await this.directory.refresh();
    return changed;
  }

  /** @throws GiveUpError with a code: SOURCE_UNKNOWN, SOURCE_HAS_TRIGGERS */
  async remove(name: string): Promise<void> {
    if (!(await this.sources.remove(await this.get(name))))
      throw new GiveUpError('SOURCE_HAS_TRIGGERS', 'The source has triggers: delete them first');
    await this.directory.refresh();
  }

  /** @throws GiveUpError with a code: SOURCE_UNKNOWN, SOURCE_SECRETS_FULL, SECRETS_KEY_MISSING */
  async addSecret(name: string, secret: string): Promise<ListedSource> {
    const { id, secrets } = await this.get(name);
    if (secrets.length >= MAX_SECRETS)
      throw new GiveUpError(
        'SOURCE_SECRETS_FULL',
        `A source has at most ${MAX_SECRETS} secrets: delete one first`,
      );
    await this.sources.addSecret(id, this.seal(id, secret));
    await this.directory.refresh();
    return await this.get(name);
  }

  /** @throws GiveUpError with a code: SOURCE_UNKNOWN, SECRET_UNKNOWN, SECRET_IS_LAST */
  async removeSecret(name: string, secretId: string): Promise<void> {
    const source = await this.get(name);
    if (!source.secrets.some(({ id }) => id === secretId))
      throw new GiveUpError('SECRET_UNKNOWN', 'The source has no secret with this id');
    if (source.secrets.length === 1 && !isOpen(source))
      throw new GiveUpError('SECRET_IS_LAST', 'It is the last secret of the source: add another one first');
    await this.sources.removeSecret(source.id, secretId);
    await this.directory.refresh();
  }

  private seal(sourceId: string, secret: string): Pick<SourceSecret, 'id' | 'sealed'> {
    return { id: this.ids.next(), sealed: sealSecret(this.key.get(), sourceId, secret) };
  }
}

/** Without secrets, such a source accepts anybody. */
const isOpen = (source: SourceSettings): boolean => presetOf(source).scheme.proves === 'nothing';

/** @throws GiveUpError if the settings describe no source, or one that needs a secret */
function assertSecrets(settings: SourceSettings, count: number): void {
  if (!isOpen(settings) && count === 0)
    throw new GiveUpError('SOURCE_INVALID', `secrets: the preset ${settings.preset} needs one`);
}

/** Without the fields that are left out. */
const jsonOf = (hmac: DescribedHmac): Prisma.JsonObject => JSON.parse(JSON.stringify(hmac));
