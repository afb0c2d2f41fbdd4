import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ServerSettings } from '../platform/http/server.settings.js';
import { isLoopback } from './own-host.js';

/** Warns at the start that other machines reach the playground, which has no login. */
@Injectable()
export class ExposureNotice implements OnApplicationBootstrap {
  private readonly logger = new Logger('Playground');

  constructor(private readonly server: ServerSettings) {}

  onApplicationBootstrap(): void {
    const { host } = this.server;
    if (isLoopback(host)) return;
    this.logger.warn({
      msg: 'the playground is open to everybody who reaches this machine',
      host,
      hint: 'set HOST=127.0.0.1, or connect a real bot: there is no playground then',
    });
  }
}
