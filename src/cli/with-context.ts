import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { LogSettings } from '../config/log.settings.js';
import type { Settings } from '../config/settings.js';
import { SettingsModule } from '../config/settings.module.js';
import { PinoLogger } from '../observability/pino-logger.service.js';
import { secretsOf } from '../config/setting-secrets.js';
import { RuntimeModule } from '../runtime/runtime.module.js';

@Module({})
class CliModule {}

/** Warnings and errors only: standard output belongs to the command. */
export function quietLogger(settings: Settings): PinoLogger {
  const log: LogSettings = { level: 'warn', pretty: settings.log.pretty };
  return new PinoLogger({ settings: log, redactValues: secretsOf(settings) });
}

/** Runs work on some rooms of the application, without its server, and takes them down again. */
export async function withContext<T>(
  settings: Settings,
  rooms: NonNullable<ModuleMetadata['imports']>,
  work: (context: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const context = await NestFactory.createApplicationContext(
    { module: CliModule, imports: [...rooms, SettingsModule.forRoot(settings), RuntimeModule] },
    { logger: quietLogger(settings), abortOnError: false },
  );
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}
