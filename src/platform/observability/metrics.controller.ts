import { Controller, Get, Header, Res } from '@nestjs/common';
import { ApiExcludeController } from '../openapi/api-docs.js';
import type { FastifyReply } from 'fastify';
import { Metrics } from './metrics.js';

/** Serves Prometheus' text format. Requires no key: it contains counts, no ids, no texts, no secrets. */
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Header('cache-control', 'no-store')
  async read(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    const text = await this.metrics.text();
    void reply.type(this.metrics.contentType);
    return text;
  }
}
