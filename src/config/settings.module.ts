import { type DynamicModule, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ErrorTexts } from '../errors/error-text.js';
import { Redactor } from '../errors/redactor.js';
import { secretsOf } from './setting-secrets.js';
import { type Settings, settingsClasses } from './settings.js';

/**
 * Gives every room its settings object: inject `TelegramSettings`, not a dictionary. And the `Redactor`, which knows what
 * of them must not get out, with the `ErrorTexts` that are stored.
 */
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
      providers: [
        ...entries,
        { provide: Redactor, useFactory: () => new Redactor(secretsOf(settings)) },
        ErrorTexts,
      ],
      exports: [...entries, Redactor, ErrorTexts],
    };
  }
}
