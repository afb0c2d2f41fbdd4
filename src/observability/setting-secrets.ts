import { type Settings, settingsClasses } from '../config/settings.js';
import { variablesOf } from '../config/variable.js';

/** Every secret in the settings, as the logger needs them; of an address also its password by itself. */
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

function passwordOf(value: string): string[] {
  if (!URL.canParse(value)) return [];
  const { password } = new URL(value);
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
