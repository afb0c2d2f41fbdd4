import { Injectable } from '@nestjs/common';
import { Prisma, type Source, type SourceSecret } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { eventSourceOf } from './source.js';

/** A source with what identifies its secrets. */
export interface ListedSource extends Source {
  readonly secrets: readonly Pick<SourceSecret, 'id' | 'createdAt'>[];
}

/** A source with its secrets, sealed. */
export interface SealedSource extends Source {
  readonly secrets: readonly Pick<SourceSecret, 'id' | 'sealed'>[];
}

const secretsOf = {
  secrets: { select: { id: true, createdAt: true }, orderBy: { id: 'asc' } },
} as const;

/** The fields of a source that may change. */
export type SourceChange = Partial<
  Pick<Source, 'preset' | 'idFrom' | 'maxBodyBytes' | 'ratePerMinute'> & {
    readonly hmac: Prisma.InputJsonValue | typeof Prisma.DbNull;
  }
>;

/** Rows of sources and their secrets. */
@Injectable()
export class SourceRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** All of them, for verification. */
  async sealed(): Promise<SealedSource[]> {
    return await this.prisma.source.findMany({
      include: { secrets: { select: { id: true, sealed: true }, orderBy: { id: 'asc' } } },
      orderBy: { id: 'asc' },
    });
  }

  /** Up to `limit` sources whose names come after `after`, by name. */
  async list(after: string | null, limit: number): Promise<ListedSource[]> {
    return await this.prisma.source.findMany({
      ...(after !== null && { where: { name: { gt: after } } }),
      include: secretsOf,
      orderBy: { name: 'asc' },
      take: limit,
    });
  }

  async find(name: string): Promise<ListedSource | null> {
    return await this.prisma.source.findUnique({ where: { name }, include: secretsOf });
  }

  /** @returns null if the name is taken */
  async create(
    source: Prisma.SourceCreateInput,
    secrets: readonly Pick<SourceSecret, 'id' | 'sealed'>[],
  ): Promise<ListedSource | null> {
    try {
      return await this.prisma.source.create({
        data: {
          ...source,
          secrets: { create: secrets.map(({ id, sealed }) => ({ id, sealed: own(sealed) })) },
        },
        include: secretsOf,
      });
    } catch (error) {
      if (isCode(error, 'P2002')) return null;
      throw error;
    }
  }

  async change(id: string, change: SourceChange): Promise<ListedSource> {
    return await this.prisma.source.update({ where: { id }, data: change, include: secretsOf });
  }

  /**
   * Deletes it with its secrets, and drops its webhooks that still wait.
   * @returns false if triggers refer to it
   */
  async remove({ id, name }: Source): Promise<boolean> {
    try {
      await this.prisma.$transaction([
        this.prisma.source.delete({ where: { id } }),
        this.prisma.event.updateMany({
          where: { source: eventSourceOf(name), kind: 'webhook', state: 'waiting' },
          data: { state: 'dropped' },
        }),
      ]);
      return true;
    } catch (error) {
      if (isCode(error, 'P2003')) return false;
      throw error;
    }
  }

  async addSecret(sourceId: string, { id, sealed }: Pick<SourceSecret, 'id' | 'sealed'>): Promise<void> {
    await this.prisma.sourceSecret.create({ data: { id, sealed: own(sealed), sourceId } });
  }

  /** @returns false if the source has no such secret */
  async removeSecret(sourceId: string, id: string): Promise<boolean> {
    const { count } = await this.prisma.sourceSecret.deleteMany({ where: { id, sourceId } });
    return count > 0;
  }
}

/** Bytes that share no memory with others, as the driver's types demand. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
