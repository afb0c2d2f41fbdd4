import type { Environment, SettingsClasses } from './read-settings.js';
import { variablesOf } from './variable.js';

/** Every secret in the settings, as the `Redactor` needs them; of an address or a token also what is secret in it. */
export function secretsOf(settings: Readonly<Record<string, object>>): string[] {
  const secrets: string[] = [];
  for (const values of Object.values(settings)) {
    secrets.push(...secretsOfFile(values).flatMap((one) => [one, ...partsOf(one)]));
    for (const variable of variablesOf(values.constructor)) {
      const value: unknown = variable.secret ? Reflect.get(values, variable.property) : undefined;
      const texts: unknown[] = value instanceof Map ? [...value.values()] : [value];
      for (const text of texts) if (typeof text === 'string') secrets.push(text, ...partsOf(text));
    }
  }
  return secrets;
}

/** Settings that are read from a file keep its secrets as `secrets`. */
function secretsOfFile(values: object): readonly string[] {
  const secrets: unknown = 'secrets' in values ? values.secrets : [];
  return Array.isArray(secrets) ? secrets.filter((one) => typeof one === 'string') : [];
}

/** The secrets of an environment's variables, of those that are not valid as well. */
export function secretVariables(classes: SettingsClasses, env: Environment): string[] {
  const secrets: string[] = [];
  for (const { name, secret } of Object.values(classes).flatMap(variablesOf)) {
    const text = secret ? env[name] : undefined;
    if (text === undefined) continue;
    // Of a list, named or not, each entry by itself too.
    const parts = text.split(',').flatMap((part) => [part.trim(), part.replace(/^[^=]*=/, '').trim()]);
    secrets.push(text, ...parts, ...partsOf(text));
  }
  return secrets;
}

/** The secret part of a value: a password in it, and the part of a bot's token behind the bot's number. */
function partsOf(value: string): string[] {
  const behindNumber = /^\d+:(.{16,})$/s.exec(value)?.[1];
  return [...passwordOf(value), ...(behindNumber === undefined ? [] : [behindNumber])];
}

/** Both encoded and decoded. An address that no URL parser accepts may still be valid for the database's client. */
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
