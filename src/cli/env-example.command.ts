import type { CliCommand } from './cli-command.js';
import type { CliSession } from './cli-session.js';
import { settingsClasses } from '../settings/settings.js';
import { variablesOf } from '../platform/config/variable.js';

/** Prints `.env.example` from the settings classes. */
export function addEnvExample(program: CliCommand, session: CliSession): void {
  program
    .command('env-example')
    .description('print the text of .env.example')
    .action(() => session.print(envExample().trimEnd()));
}

/** The text of `.env.example`: every variable with its meaning, its default commented out. */
export function envExample(): string {
  const head =
    '# Every setting, with its default or an example. Copy this file to .env and uncomment what you change.';
  const sections = Object.values(settingsClasses).map((type) => {
    const defaults = new type();
    return variablesOf(type)
      .map(({ name, description, example, placeholder = example, property }) => {
        const value: unknown = Reflect.get(defaults, property);
        const simple = ['string', 'number'].includes(typeof value) && String(value).length < 60;
        return `# ${description}\n# ${name}=${simple ? String(value) : placeholder}`;
      })
      .join('\n');
  });
  return `${[head, ...sections].join('\n\n')}\n`;
}
