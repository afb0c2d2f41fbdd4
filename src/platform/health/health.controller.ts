import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiExcludeController } from '../openapi/api-docs.js';
import type { FastifyReply } from 'fastify';
import { HealthRegistry, type HealthReport } from './health-registry.js';

/** An orchestrator's probes: is the process alive, is it ready for work. Open to every client, without reasons. */
@ApiExcludeController()
@Controller('health')
export class HealthController {
  constructor(private readonly registry: HealthRegistry) {}

  @Get('live')
  @Header('cache-control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 while a part is unavailable; the parts are named either way. */
  @Get('ready')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.registry.check();
    reply.status(report.status === 'ok' ? 200 : 503);
    return report;
  }
}
