import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../../platform/errors/errors.js';
import type { Preset } from '../schemes/preset.js';
import { openSecret } from '../../platform/secrets/secret-box.js';
import { SecretsKey } from '../../platform/secrets/secrets-key.js';
import { presetOf } from './source.js';
import { type SealedSource, SourceRepository } from './source.repository.js';

/** Milliseconds between two looks. */
const REFRESH_MS = 1_000;

/** A source, ready to verify requests. */
export interface KnownSource {
  readonly id: string;
  readonly name: string;
  readonly preset: Preset;
  /** Null: this process cannot decrypt them. */
  readonly secrets: readonly string[] | null;
  readonly maxBodyBytes: number;
  readonly ratePerMinute: number | null;
}

/**
 * All sources in memory, so that a request asks no store before it is known to be authentic. They are read again every
 * second and after each change in this process: a change in another process is known after one second, and the time of
 * one query. While the database does not answer, they stay as last read; nothing is accepted then either.
 */
@Injectable()
export class SourceDirectory implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(SourceDirectory.name);
  private known: ReadonlyMap<string, KnownSource> = new Map();
  /** The rows of `known`, as text. */
  private rows = '';
  private timer: NodeJS.Timeout | undefined;
  private reading: Promise<void> = Promise.resolve();
  private isFailing = false;
  private isStopped = false;

  constructor(
    private readonly sources: SourceRepository,
    private readonly key: SecretsKey,
  ) {}

  async onModuleInit(): Promise<void> {
    await this.refresh();
    this.plan();
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.reading;
  }

  /** @returns null if there is none, as far as this process knows */
  find(name: string): KnownSource | null {
    return this.known.get(name) ?? null;
  }

  /** Reads them anew. Never rejects: a failure is logged, and the next look tries again. */
  async refresh(): Promise<void> {
    this.reading = this.reading.then(() => this.read());
    await this.reading;
  }

  private plan(): void {
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.refresh().then(() => this.plan()), REFRESH_MS);
    this.timer.unref();
  }

  private async read(): Promise<void> {
    try {
      const sealed = await this.sources.sealed();
      const rows = JSON.stringify(sealed);
      if (rows !== this.rows) this.known = this.openEach(sealed);
      this.rows = rows;
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.logger.error({ msg: 'sources not read', error: messageOf(error) });
      this.isFailing = true;
    }
  }

  private openEach(sealed: readonly SealedSource[]): ReadonlyMap<string, KnownSource> {
    return new Map(sealed.flatMap((source) => this.open(source)).map((source) => [source.name, source]));
  }

  /** A source that this version cannot serve does not keep the others from being served. */
  private open({ secrets, ...source }: SealedSource): KnownSource[] {
    const { id, name, maxBodyBytes, ratePerMinute } = source;
    try {
      const known = { id, name, preset: presetOf(source), maxBodyBytes, ratePerMinute };
      return [{ ...known, secrets: this.openAll(name, id, secrets) }];
    } catch (error) {
      this.logger.error({ msg: 'source not served', source: name, error: messageOf(error) });
      return [];
    }
  }

  private openAll(source: string, id: string, secrets: SealedSource['secrets']): readonly string[] | null {
    try {
      return secrets.map(({ sealed }) => openSecret(this.key.get(), id, sealed));
    } catch (error) {
      this.logger.error({ msg: 'secrets of a source not readable', source, error: messageOf(error) });
      return null;
    }
  }
}
