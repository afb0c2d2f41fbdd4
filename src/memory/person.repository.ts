import { Injectable } from '@nestjs/common';
import type { Sender } from '../channel/inbound.js';
import type { Person, Prisma } from '../generated/prisma/client.js';

/** The people of a channel, as last seen. */
@Injectable()
export class PersonRepository {
  async remember(tx: Prisma.TransactionClient, channel: string, sender: Sender): Promise<Person> {
    const { userId, ...names } = sender;
    const seen = { ...names, updatedAt: new Date() };
    return await tx.person.upsert({
      where: { channel_userId: { channel, userId } },
      create: { channel, userId, ...seen },
      update: seen,
    });
  }
}
