import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ErrorTexts } from '../errors/error-text.js';
import { Redactor } from '../errors/redactor.js';
import { readEnvironment } from './environment.js';
import { readSettings, SettingsError } from './read-settings.js';
import { secretsOf } from './setting-secrets.js';
import { type Settings, settingsClasses } from './settings.js';
import { variablesOf } from './variable.js';

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

  /**
   * Gives the importing module a settings class of its own, which is not among `settingsClasses`: docs/build-your-own.md.
   * A wrong value stops the start; so does a secret, for whatever takes secrets out of logs does not know it.
   */
  static forFeature(type: Type<object>): DynamicModule {
    return {
      module: SettingsModule,
      providers: [{ provide: type, useFactory: () => readOwnSettings(type) }],
      exports: [type],
    };
  }
}

/** @throws SettingsError */
function readOwnSettings<T extends object>(type: Type<T>): T {
  const secrets = variablesOf(type).filter(({ secret }) => secret);
  const problems = secrets.map(
    ({ name }) =>
      `${name} is a secret and would get into logs: list ${type.name} in src/config/settings.ts instead`,
  );
  const settings = readSettings(type, readEnvironment(), problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}
