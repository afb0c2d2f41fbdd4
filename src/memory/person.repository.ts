import { Injectable } from '@nestjs/common';
import type { Sender } from '../channel/inbound.js';
import type { Person, Prisma } from '../generated/prisma/client.js';

/** The people of a channel, as last seen. */
@Injectable()
export class PersonRepository {
  /**
   * In the order of their ids: two groups that see the same people at the same time wait for each other instead of
   * deadlocking.
   */
  async rememberAll(
    tx: Prisma.TransactionClient,
    channel: string,
    senders: readonly (Sender | null)[],
  ): Promise<void> {
    const latest = new Map(senders.flatMap((sender) => (sender ? [[sender.userId, sender] as const] : [])));
    const byId = [...latest.values()].toSorted((one, other) => (one.userId < other.userId ? -1 : 1));
    for (const sender of byId) await this.remember(tx, channel, sender);
  }

  async remember(tx: Prisma.TransactionClient, channel: string, sender: Sender): Promise<Person> {
    const { userId, ...names } = sender;
    const seen = { ...names, updatedAt: new Date() };
    return await tx.person.upsert({
      where: { channel_userId: { channel, userId } },
      create: { channel, userId, ...seen },
      update: seen,
    });
  }

  /**
   * The language of a conversation's reader: in a private chat its person, in a group the person answered last.
   * @returns null if it is not known (yet)
   */
  async languageIn(tx: Prisma.TransactionClient, conversationId: string): Promise<string | null> {
    const [reader] = await tx.$queryRaw<Pick<Person, 'languageCode'>[]>`
      SELECT p.language_code AS "languageCode" FROM conversations c
      JOIN people p ON p.channel = c.channel AND p.user_id = CASE
        WHEN c.chat_type = 'private' THEN c.chat_id
        ELSE (SELECT t.user_id FROM turns t WHERE t.conversation_id = c.id ORDER BY t.id DESC LIMIT 1)
      END
      WHERE c.id = ${conversationId}::uuid`;
    return reader?.languageCode ?? null;
  }
}
