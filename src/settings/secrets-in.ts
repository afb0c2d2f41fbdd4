import { type Environment } from '../platform/config/read-settings.js';
import { secretsOf, secretVariables } from '../platform/config/setting-secrets.js';
import { loadSettings, settingsClasses } from './settings.js';

/**
 * Every secret that an environment holds, though it may not allow a start: of variables that are not valid as well, and,
 * where all of them are, those of the files that they name.
 */
export function secretsIn(env: Environment): string[] {
  const secrets = secretVariables(settingsClasses, env);
  try {
    return [...secrets, ...secretsOf(loadSettings(env))];
  } catch {
    return secrets;
  }
}
