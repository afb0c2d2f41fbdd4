import { validateSync } from 'class-validator';
import { GiveUpError } from '../errors/errors.js';
import { withoutUserInfo } from './http-address.js';
import { list, type Variable, variablesOf } from './variable.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings do not allow a start. The message names each variable, its problem and an example; no secret. */
export class SettingsError extends GiveUpError {
  constructor(readonly problems: readonly string[]) {
    super('SETTINGS_INVALID', `Turnpike cannot start with these settings:\n  - ${problems.join('\n  - ')}`);
  }
}

/** A settings class for each concern. */
export type SettingsClasses = Readonly<Record<string, new () => object>>;

/** The type of the result. */
export type SettingsOf<Classes extends SettingsClasses> = {
  readonly [Concern in keyof Classes]: InstanceType<Classes[Concern]>;
};

/** Fills each class; what is wrong with any of them is added to `problems`. */
export function readEach<Classes extends SettingsClasses>(
  classes: Classes,
  env: Environment,
  problems: string[],
): SettingsOf<Classes>;
export function readEach(classes: SettingsClasses, env: Environment, problems: string[]): object {
  return Object.fromEntries(
    Object.entries(classes).map(([concern, type]) => [concern, readSettings(type, env, problems)]),
  );
}

/** Fills one settings class from the environment; an unset or empty variable leaves its default. */
export function readSettings<T extends object>(type: new () => T, env: Environment, problems: string[]): T {
  const settings = new type();
  const variables = variablesOf(type);
  for (const variable of variables) {
    const text = env[variable.name];
    if (text === undefined || text.trim() === '') continue;
    // An empty list of permitted ones often means everyone: a lone comma must not.
    if (variable.parse === list && list(text).length === 0)
      problems.push(describeProblem(variable, ['is a list of nothing'], env));
    Reflect.set(settings, variable.property, variable.parse ? variable.parse(text) : text);
  }
  for (const error of validateSync(settings)) {
    const variable = variables.find((candidate) => candidate.property === error.property);
    if (variable) problems.push(describeProblem(variable, Object.values(error.constraints ?? {}), env));
  }
  return settings;
}

function describeProblem(variable: Variable, constraints: readonly string[], env: Environment): string {
  const reasons = constraints.map((text) => text.replaceAll(variable.property, '').trim()).join(', ');
  const given = variable.secret
    ? 'the given value is not shown'
    : `got ${JSON.stringify(withoutUserInfo(env[variable.name] ?? ''))}`;
  return `${variable.name} ${reasons} (${given}; for example ${variable.name}=${variable.example})`;
}
