import { Injectable } from '@nestjs/common';
import { FloodSettings } from '../../delivery/flood/flood.settings.js';
import { type ConfiguredBot, ConfiguredBots } from '../../channel/configured-bots.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { BotGateDto, ChatGateDto, FloodGateDto, WaitingRepliesDto } from './flood-gate.dto.js';

const MOST_CHATS = 100;

/** The flood gate as it is now, for operators. Times are the database's. */
@Injectable()
export class FloodGateViewRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly settings: FloodSettings,
    private readonly configured: ConfiguredBots,
  ) {}

  async show(): Promise<FloodGateDto> {
    const [[bot, ...furtherBots], waiting, chats] = await Promise.all([
      this.bots(),
      this.waiting(),
      this.chats(),
    ]);
    return { bot, furtherBots, waiting, chats };
  }

  /** The bot of TELEGRAM_BOT_TOKEN first. */
  private async bots(): Promise<[BotGateDto, ...BotGateDto[]]> {
    const [main, ...further] = this.configured.ofAll();
    const rows = await this.prisma.$queryRaw<Omit<BotGateDto, 'perSecond'>[]>`
      SELECT key AS channel, CASE WHEN paused_until > clock_timestamp() THEN paused_until END AS "pausedUntil",
             (SELECT count(*)::int FROM unnest(hits) AS h (hit)
              WHERE hit > extract(epoch FROM clock_timestamp()) * 1000 - 1000) AS "sentLastSecond"
      FROM flood_windows WHERE key = ANY (${[main, ...further].map(({ channel }) => channel)})`;
    const { botPerSecond: perSecond } = this.settings;
    const gateOf = ({ channel }: ConfiguredBot): BotGateDto => {
      const row = rows.find((one) => one.channel === channel);
      return { channel, pausedUntil: null, sentLastSecond: 0, ...row, perSecond };
    };
    return [gateOf(main), ...further.map(gateOf)];
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
      SELECT substring(key FROM '^(.+):') AS channel, substring(key FROM '-?\\d+$') AS "chatId",
             limited_at AS "limitedAt",
             CASE WHEN paused_until > clock_timestamp() THEN paused_until END AS "pausedUntil"
      FROM flood_windows WHERE limited_at IS NOT NULL AND key ~ ':-?\\d+$'
      ORDER BY limited_at DESC LIMIT ${MOST_CHATS}`;
  }
}
