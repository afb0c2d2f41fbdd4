import type { Redactor } from '../platform/errors/redactor.js';
import { visible, visibleInJson } from '../platform/i18n/visible-text.js';

/** Escapes a command's output for a terminal: control and invisible characters are written out. Tabs stay. */
export const onTerminal = (text: string): string => text.split('\t').map(visible).join('\t');

/** The value as JSON, without secrets in its texts and names, and with invisible characters escaped. */
export function jsonOnTerminal(value: unknown, redactor: Redactor): string {
  const redacted = (_name: string, part: unknown): unknown => {
    if (typeof part === 'string') return redactor.text(part);
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, held]) => [redactor.text(name), held]));
  };
  return visibleInJson(JSON.stringify(value, redacted, 2));
}
