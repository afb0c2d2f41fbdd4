import { Controller, Get } from '@nestjs/common';
import { ApiExcludeController } from '../openapi/api-docs.js';
import { ServerSettings } from './server.settings.js';

/** Lists the paths that this process answers, for a person who opens the address that the start prints. */
@ApiExcludeController()
@Controller()
export class RootController {
  constructor(private readonly server: ServerSettings) {}

  @Get()
  show(): Record<string, string> {
    const { receives, production, showsDocs, showsMetrics } = this.server;
    return {
      name: 'turnpike',
      health: '/health/ready',
      ...(showsMetrics ? { metrics: '/metrics' } : {}),
      ...(receives ? { webhook: '/webhook/telegram', admin: '/admin' } : {}),
      ...(showsDocs ? { docs: '/docs' } : {}),
      ...(receives && !production ? { playground: '/playground' } : {}),
    };
  }
}
