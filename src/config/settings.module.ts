import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { type Settings, settingsClasses } from './settings.js';

/** Gives every room its settings object: inject `TelegramSettings`, not a dictionary. */
@Module({})
export class SettingsModule {
  static forRoot(settings: Settings): DynamicModule {
    const entries = Object.entries(settingsClasses).map(([concern, type]) => ({
      provide: type,
      useFactory: (config: ConfigService): unknown => config.getOrThrow(concern),
      inject: [ConfigService],
    }));
    return {
      module: SettingsModule,
      global: true,
      imports: [
        ConfigModule.forRoot({ ignoreEnvFile: true, skipProcessEnv: true, load: [() => ({ ...settings })] }),
      ],
      providers: entries,
      exports: entries,
    };
  }
}
