import { Injectable } from '@nestjs/common';
import { Prisma, type Trigger } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type TurnTerms, writeTerms } from '../turn-terms.js';
import { readWebhook, type Webhook } from '../webhook-event.js';

/** A trigger with the name of its source. */
export interface NamedTrigger extends Trigger {
  readonly source: { readonly name: string };
}

const withSource = { source: { select: { name: true } } } as const;

/** The fields of a trigger that may change. */
export type TriggerFields = Omit<Trigger, 'id' | 'sourceId' | 'createdAt' | 'terms'> & {
  readonly terms: TurnTerms;
};

/** Rows of triggers. */
@Injectable()
export class TriggerRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` triggers older than the one with the id `after`, newest first. */
  async list(after: string | null, limit: number): Promise<NamedTrigger[]> {
    return await this.prisma.trigger.findMany({
      ...(after !== null && { where: { id: { lt: after } } }),
      include: withSource,
      orderBy: { id: 'desc' },
      take: limit,
    });
  }

  async find(id: string): Promise<NamedTrigger | null> {
    return await this.prisma.trigger.findUnique({ where: { id }, include: withSource });
  }

  /** The number of triggers of a source. */
  async countOf(source: string): Promise<number> {
    return await this.prisma.trigger.count({ where: { source: { name: source } } });
  }

  /** @returns `name-taken`; `source-unknown` */
  async create(
    id: string,
    source: string,
    fields: TriggerFields,
  ): Promise<NamedTrigger | 'name-taken' | 'source-unknown'> {
    try {
      const data = { ...columnsOf(fields), id, source: { connect: { name: source } } };
      return await this.prisma.trigger.create({ data, include: withSource });
    } catch (error) {
      if (isCode(error, 'P2002')) return 'name-taken';
      if (isCode(error, 'P2025') || isCode(error, 'P2003')) return 'source-unknown';
      throw error;
    }
  }

  /** @returns `name-taken`; null if there is none */
  async change(id: string, fields: Partial<TriggerFields>): Promise<NamedTrigger | 'name-taken' | null> {
    try {
      return await this.prisma.trigger.update({
        where: { id },
        data: columnsOf(fields),
        include: withSource,
      });
    } catch (error) {
      if (isCode(error, 'P2002')) return 'name-taken';
      if (isCode(error, 'P2025')) return null;
      throw error;
    }
  }

  /** @returns false if there is none */
  async remove(id: string): Promise<boolean> {
    return (await this.prisma.trigger.deleteMany({ where: { id } })).count > 0;
  }

  /** @returns a stored webhook; null if there is none with this id, or its payload is gone */
  async findWebhook(eventId: bigint): Promise<Webhook | null> {
    const event = await this.prisma.event.findFirst({ where: { id: eventId, kind: 'webhook' } });
    return readWebhook(event?.payload);
  }
}

function columnsOf<Fields extends Partial<TriggerFields>>({ terms, ...fields }: Fields) {
  return { ...fields, ...(terms && { terms: writeTerms(terms) ?? Prisma.DbNull }) };
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError && error.code === code;
