import type { INestApplicationContext, ModuleMetadata } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Settings } from '../settings/settings.js';
import { SettingsModule } from '../platform/config/settings.module.js';
import { RuntimeModule } from '../platform/runtime/runtime.module.js';

@Module({})
class CliModule {}

/**
 * Runs work on some modules of the application, without its server, and destroys them afterwards. They log as the
 * session does.
 */
export async function withContext<T>(
  settings: Settings,
  rooms: NonNullable<ModuleMetadata['imports']>,
  work: (context: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const context = await NestFactory.createApplicationContext(
    { module: CliModule, imports: [...rooms, SettingsModule.forRoot(settings), RuntimeModule] },
    { abortOnError: false },
  );
  try {
    return await work(context);
  } finally {
    await context.close();
  }
}
