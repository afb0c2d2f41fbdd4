import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { httpAdapter, httpOptions, setUpHttp } from '../../src/application.js';
import { AppModule } from '../../src/app.module.js';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { loadSettings } from '../../src/settings/settings.js';
import { startStandIns } from '../../src/playground/stand-ins.js';

/** Keeps the product's log, for tests about log lines. */
export class LogRecorder implements LoggerService {
  readonly lines: { readonly level: string; readonly message: unknown }[] = [];

  log = (message: unknown) => this.keep('log', message);
  warn = (message: unknown) => this.keep('warn', message);
  error = (message: unknown) => this.keep('error', message);
  debug = () => undefined;
  verbose = () => undefined;
  fatal = (message: unknown) => this.keep('fatal', message);

  /** The lines with this message. */
  saying(msg: string): readonly unknown[] {
    return this.lines.flatMap(({ message }) =>
      typeof message === 'object' && message !== null && 'msg' in message && message.msg === msg
        ? [message]
        : [],
    );
  }

  private keep(level: string, message: unknown): void {
    this.lines.push({ level, message });
  }
}

/** The product as Nest's testing module builds it, without a port: for tests of HTTP alone. */
export async function startTestingApp(
  env: Environment,
  logger: LoggerService,
): Promise<NestFastifyApplication> {
  const settings = loadSettings(env);
  const standIns = await startStandIns(env);
  const root = await AppModule.forRoot(settings, standIns);
  const module = await Test.createTestingModule({ imports: [root] })
    .setLogger(logger)
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(httpAdapter(settings), httpOptions);
  await setUpHttp(app, settings);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}
