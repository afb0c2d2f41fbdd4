import { Injectable } from '@nestjs/common';
import { FloodSettings } from '../../config/flood.settings.js';
import { PrismaService } from '../../database/prisma.service.js';
import type { BotGateDto, ChatGateDto, FloodGateDto, WaitingRepliesDto } from './flood-gate.dto.js';

/** The one channel there is: the view belongs to no process that talks to it. */
const CHANNEL = 'telegram';
const PREFIX = `${CHANNEL}:`;
const MOST_CHATS = 100;

/** The flood gate as it is now, for operators. Times are the database's. */
@Injectable()
export class FloodGateView {
  constructor(
    private readonly prisma: PrismaService,
    private readonly settings: FloodSettings,
  ) {}

  async show(): Promise<FloodGateDto> {
    const [bot, waiting, chats] = await Promise.all([this.bot(), this.waiting(), this.chats()]);
    return { bot, waiting, chats };
  }

  private async bot(): Promise<BotGateDto> {
    const [row] = await this.prisma.$queryRaw<Omit<BotGateDto, 'perSecond'>[]>`
      SELECT CASE WHEN paused_until > clock_timestamp() THEN paused_until END AS "pausedUntil",
             (SELECT count(*)::int FROM unnest(hits) AS h (hit)
              WHERE hit > extract(epoch FROM clock_timestamp()) * 1000 - 1000) AS "sentLastSecond"
      FROM flood_windows WHERE key = ${CHANNEL}`;
    const { botPerSecond: perSecond } = this.settings;
    return { pausedUntil: null, sentLastSecond: 0, ...row, perSecond };
  }

  private async waiting(): Promise<WaitingRepliesDto> {
    const rows = await this.prisma.$queryRaw<{ class: keyof WaitingRepliesDto; count: number }[]>`
      SELECT class::text, count(*)::int AS count FROM replies
      WHERE settled_at IS NULL AND gated_at IS NOT NULL GROUP BY class`;
    const countOf = (wanted: keyof WaitingRepliesDto) => rows.find((row) => row.class === wanted)?.count ?? 0;
    return { interactive: countOf('interactive'), background: countOf('background') };
  }

  private chats(): Promise<ChatGateDto[]> {
    return this.prisma.$queryRaw<ChatGateDto[]>`
      SELECT substr(key, length(${PREFIX}::text) + 1) AS "chatId", limited_at AS "limitedAt",
             CASE WHEN paused_until > clock_timestamp() THEN paused_until END AS "pausedUntil"
      FROM flood_windows WHERE limited_at IS NOT NULL AND starts_with(key, ${PREFIX})
      ORDER BY limited_at DESC LIMIT ${MOST_CHATS}`;
  }
}
