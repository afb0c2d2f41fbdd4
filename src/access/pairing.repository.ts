import { Injectable } from '@nestjs/common';
import type { ChatId } from '../channel/ids.js';
import type { ChatDescription, Sender } from '../channel/inbound.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { holdConversations } from '../delivery/hold-conversations.js';
import type { Pairing, Prisma } from '../generated/prisma/client.js';
import { Ids } from '../platform/runtime/ids.js';
import { newPairingCode } from './pairing-code.js';
import { CODE_LASTS_MS, type LatestPairing, type OpenRequests } from './pairing-decision.js';

/** Tries to find an unused code; with 300 million codes and a few requests, a second one is rare. */
const CODE_TRIES = 5;

/** A chat that asks for access. */
export interface NewPairing {
  readonly channel: string;
  readonly conversationId: string;
  readonly chat: ChatDescription;
  readonly sender: Sender | null;
}

/** The chat that asks for access: it has one request. */
interface PlaceOfRequest {
  readonly channel: string;
  readonly chatId: ChatId;
}

/** The end of a request; `expired`: nobody decided in time. */
export type PairingEnd = 'approved' | 'denied' | 'expired';

type Tx = Prisma.TransactionClient;

/** Access requests: the newest of each chat. */
@Injectable()
export class PairingRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly ids: Ids,
  ) {}

  /** Blocks other new requests until the transaction ends: so their number is exact, and each chat has one. */
  async lock(tx: Tx, conversationId: string): Promise<void> {
    await tx.$queryRaw`SELECT true AS locked FROM (SELECT pg_advisory_xact_lock(hashtext('turnpike:pairings'))) AS l`;
    await holdConversation(tx, conversationId);
  }

  /**
   * Locks an open request before anything that its decision changes. Its conversation comes first, as in an erasure,
   * which would otherwise deadlock with the decision's notices.
   */
  async hold(tx: Tx, which: { readonly id: string } | PlaceOfRequest): Promise<void> {
    const found = await tx.pairing.findFirst({ where: { ...which, state: 'pending' } });
    if (!found) return;
    await holdConversations(tx, found);
    await tx.$queryRaw`SELECT 1 FROM pairings WHERE id = ${found.id}::uuid FOR UPDATE`;
  }

  async latest(tx: Tx, channel: string, chatId: ChatId): Promise<LatestPairing | null> {
    const [row] = await tx.$queryRaw<LatestPairing[]>`
      SELECT id, code, state::text AS state, expires_at <= clock_timestamp() AS overdue,
             -- Told "later": before the clock was set back.
             abs(extract(epoch FROM clock_timestamp() - notified_at))::float8 * 1000 AS "sinceNotifiedMs",
             coalesce(abs(extract(epoch FROM clock_timestamp() - decided_at))::float8 * 1000, 0) AS "sinceDecidedMs"
      FROM pairings WHERE channel = ${channel} AND chat_id = ${chatId}`;
    return row ?? null;
  }

  /**
   * Counts open requests.
   * @param asker the present asker, by account; askers in the name of a group or a Telegram channel count as one
   */
  async countOpen(tx: Tx, channel: string, asker: Sender | null): Promise<OpenRequests> {
    const person = asker === null || asker.isChat ? '' : asker.userId;
    const [row] = await tx.$queryRaw<OpenRequests[]>`
      SELECT count(*)::int AS "all",
             count(*) FILTER (WHERE r.channel = ${channel}
                              AND CASE WHEN p.is_chat THEN '' ELSE coalesce(r.user_id, '') END = ${person})::int AS "ofAsker"
      FROM pairings r LEFT JOIN people p ON p.channel = r.channel AND p.user_id = r.user_id
      WHERE r.state = 'pending' AND r.expires_at > clock_timestamp()`;
    return row ?? { all: 0, ofAsker: 0 };
  }

  /** Opens a request that replaces the chat's last one. @returns its code */
  async open(tx: Tx, { channel, conversationId, chat, sender }: NewPairing): Promise<string> {
    await tx.pairing.deleteMany({ where: { channel, chatId: chat.chatId } });
    const name = sender && [sender.firstName, sender.lastName].filter(Boolean).join(' ');
    const isOfGroup = chat.type !== 'private';
    const title = isOfGroup ? chat.title : null;
    for (let tries = 0; tries < CODE_TRIES; tries += 1) {
      const code = newPairingCode();
      const opened = await tx.$executeRaw`
        INSERT INTO pairings (id, channel, chat_id, of_group, conversation_id, code, user_id, name, username, title,
                              language_code, expires_at)
        VALUES (${this.ids.next()}::uuid, ${channel}, ${chat.chatId}, ${isOfGroup}, ${conversationId}::uuid, ${code},
                ${sender?.userId ?? null}, ${name}, ${sender?.username ?? null}, ${title}, ${sender?.languageCode ?? null},
                clock_timestamp() + ${CODE_LASTS_MS} * interval '1 ms')
        ON CONFLICT DO NOTHING`;
      if (opened > 0) return code;
    }
    throw new Error('no free pairing code found');
  }

  async markNotified(tx: Tx, id: string): Promise<void> {
    await tx.$executeRaw`UPDATE pairings SET notified_at = clock_timestamp() WHERE id = ${id}::uuid`;
  }

  /**
   * Decides an unexpired request once; `expired`: expires an overdue one.
   * @param by the decider; null: expiry
   * @returns null if it was decided before, or there is none
   */
  async decide(tx: Tx, id: string, end: PairingEnd, by: string | null): Promise<Pairing | null> {
    await this.hold(tx, { id });
    const decided = await tx.$executeRaw`
      UPDATE pairings SET state = ${end}::pairing_state, decided_at = clock_timestamp(), decided_by = ${by}
      WHERE id = ${id}::uuid AND state = 'pending' AND (expires_at > clock_timestamp()) = (${end} <> 'expired')`;
    return decided > 0 ? await tx.pairing.findUnique({ where: { id } }) : null;
  }

  /** Requests that owners and admins have not been asked about, oldest first. */
  async unasked(limit: number): Promise<Pairing[]> {
    return await this.prisma.pairing.findMany({
      where: { state: 'pending', askedAt: null },
      orderBy: { id: 'asc' },
      take: limit,
    });
  }

  /** Marks the request as asked about; true for the first caller. The mark and the questions commit together. */
  async markAsked(tx: Tx, id: string): Promise<boolean> {
    const marked = await tx.$executeRaw`
      UPDATE pairings SET asked_at = clock_timestamp()
      WHERE id = ${id}::uuid AND state = 'pending' AND asked_at IS NULL AND expires_at > clock_timestamp()`;
    return marked > 0;
  }

  /** Finds expired requests, oldest first; skips locked ones and those of locked conversations. */
  async overdue(limit: number): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>`
      SELECT p.id FROM pairings p
      JOIN conversations c ON c.id = p.conversation_id
      WHERE p.state = 'pending' AND p.expires_at <= clock_timestamp()
      ORDER BY p.id LIMIT ${limit}
      FOR KEY SHARE OF c SKIP LOCKED FOR UPDATE OF p SKIP LOCKED`;
    return rows.map(({ id }) => id);
  }

  /** Lists open requests, oldest first. */
  async openOnes(limit: number): Promise<Pairing[]> {
    return await this.prisma.pairing.findMany({
      where: { state: 'pending' },
      orderBy: { id: 'asc' },
      take: limit,
    });
  }

  /** Whether it was made to the bot of this channel. */
  async isOf(tx: Tx, id: string, channel: string): Promise<boolean> {
    return (await tx.pairing.findFirst({ where: { id, channel }, select: { id: true } })) !== null;
  }

  /** Finds the open request with this code. */
  async withCode(code: string): Promise<Pairing | null> {
    return await this.prisma.pairing.findFirst({ where: { code, state: 'pending' } });
  }

  /** Finds the open request of a private chat or group. */
  async openOf(tx: Tx, channel: string, chatId: ChatId): Promise<string | null> {
    const pairing = await tx.pairing.findFirst({ where: { channel, chatId, state: 'pending' } });
    return pairing?.id ?? null;
  }
}

/** Keeps the conversation from being erased before the transaction ends. */
async function holdConversation(tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM conversations WHERE id = ${id}::uuid FOR KEY SHARE`;
}
