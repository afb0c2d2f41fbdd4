import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { ErrorTexts } from '../errors/error-text.js';
import { Redactor } from '../errors/redactor.js';
import { readEnvironment } from './environment.js';
import { readSettings, SettingsError } from './read-settings.js';
import { secretsOf } from './setting-secrets.js';
import { variablesOf } from './variable.js';

/**
 * Provides every module's settings object: inject `TelegramSettings`, not a dictionary. Also the `Redactor`, which
 * knows the secrets among them, and the `ErrorTexts` that are stored.
 */
@Module({})
export class SettingsModule {
  /** @param settings of each concern, read and checked: a namespace of `ConfigService`, and injected by its class */
  static forRoot(settings: Readonly<Record<string, object>>): DynamicModule {
    const concerns = Object.entries(settings).map(([concern, values]) => ({
      type: values.constructor,
      namespace: registerAs(concern, () => values),
    }));
    const entries = concerns.map(({ type, namespace }) => ({
      provide: type,
      useFactory: (values: object) => values,
      inject: [namespace.KEY],
    }));
    return {
      module: SettingsModule,
      global: true,
      imports: [
        ConfigModule.forRoot({
          cache: true,
          ignoreEnvFile: true,
          skipProcessEnv: true,
          load: concerns.map(({ namespace }) => namespace),
        }),
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
   * Gives the importing module a settings class of its own, which is not in `settingsClasses`: docs/build-your-own.md.
   * A wrong value stops the start; so does a secret, because the log's redaction does not know it.
   */
  static forFeature(type: Type<object>): DynamicModule {
    const namespace = registerAs(type.name, () => readOwnSettings(type));
    return {
      module: SettingsModule,
      imports: [ConfigModule.forFeature(namespace)],
      providers: [{ provide: type, useFactory: (values: object) => values, inject: [namespace.KEY] }],
      exports: [type],
    };
  }
}

/** @throws SettingsError */
function readOwnSettings<T extends object>(type: Type<T>): T {
  const secrets = variablesOf(type).filter(({ secret }) => secret);
  const problems = secrets.map(
    ({ name }) =>
      `${name} is a secret and would get into logs: list ${type.name} in src/settings/settings.ts instead`,
  );
  const settings = readSettings(type, readEnvironment(), problems);
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}
