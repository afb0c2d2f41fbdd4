import type { Environment } from './read-settings.js';
import { loadSettings, type Settings, settingsClasses } from './settings.js';
import { variablesOf } from './variable.js';

/** Every secret in the settings, as the `Redactor` needs them; of an address also its password by itself. */
export function secretsOf(settings: Settings): string[] {
  const secrets = [...settings.mcp.secrets, ...settings.telegram.secrets];
  for (const [concern, type] of Object.entries(settingsClasses)) {
    const values: unknown = Reflect.get(settings, concern);
    if (typeof values !== 'object' || values === null) continue;
    for (const variable of variablesOf(type)) {
      const value: unknown = variable.secret ? Reflect.get(values, variable.property) : undefined;
      const texts: unknown[] = value instanceof Map ? [...value.values()] : [value];
      for (const text of texts) if (typeof text === 'string') secrets.push(text, ...passwordOf(text));
    }
  }
  return secrets;
}

/**
 * Every secret that an environment holds, though it may not allow a start: of variables that are not valid as well, and,
 * where all of them are, those of the files that they name.
 */
export function secretsIn(env: Environment): string[] {
  const secrets: string[] = [];
  for (const { name, secret } of Object.values(settingsClasses).flatMap(variablesOf)) {
    const text = secret ? env[name] : undefined;
    if (text === undefined) continue;
    // Of several, by name or not, each by itself too.
    const parts = text.split(',').flatMap((part) => [part.trim(), part.replace(/^[^=]*=/, '').trim()]);
    secrets.push(text, ...parts, ...passwordOf(text));
  }
  try {
    return [...secrets, ...secretsOf(loadSettings(env))];
  } catch {
    return secrets;
  }
}

/** As it is written and as it is meant. What no reader of addresses understands may still be one to the database's client. */
function passwordOf(value: string): string[] {
  const written = [/^\w+:\/\/[^:@]*:(.+)@/s.exec(value)?.[1], /[?&]password=([^&]+)/.exec(value)?.[1]];
  return written.flatMap((password) => (password === undefined ? [] : [password, decoded(password)]));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
