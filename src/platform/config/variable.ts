import 'reflect-metadata';

export interface VariableOptions {
  /** One sentence for `.env.example`. */
  readonly description: string;
  /** A valid value, shown when the given one is invalid. */
  readonly example: string;
  /** Shown in `.env.example` in place of an example that would do harm if it were copied: not a valid value. */
  readonly placeholder?: string;
  /** How to read the text; default: as it is. Return `undefined` from it for "not readable": validation then says why. */
  readonly parse?: (text: string) => unknown;
  /** Whether its value is secret, and never printed. */
  readonly secret?: true;
  /** Whether it is a chosen secret that grants access: production refuses one that may be guessed. */
  readonly opensDoor?: true;
}

export interface Variable extends VariableOptions {
  readonly name: string;
  readonly property: string;
}

const VARIABLES = Symbol('turnpike:variables');

/** Binds a property of a settings class to an environment variable. The property's initial value is the default. */
export function FromEnv(name: string, options: VariableOptions): PropertyDecorator {
  return (target, property) => {
    const known = variablesOf(target.constructor);
    Reflect.defineMetadata(
      VARIABLES,
      [...known, { ...options, name, property: String(property) }],
      target.constructor,
    );
  };
}

/** The variables of a settings class, in the order they are written. */
export function variablesOf(type: object): readonly Variable[] {
  const found: unknown = Reflect.getOwnMetadata(VARIABLES, type);
  return Array.isArray(found) ? found : [];
}

/** A whole number, or the text itself so that validation can name it. */
export const integer = (text: string): unknown => (/^[+-]?\d+$/.test(text.trim()) ? Number(text) : text);

/** A number such as `0.7`, or the text itself so that validation can name it. */
export const decimal = (text: string): unknown =>
  /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;

/** Comma-separated, spaces trimmed, empty entries left out. */
export const list = (text: string): string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/**
 * `name=value`, comma-separated, as a map; the text itself, so that validation can name it, if a name is not of `a-z
 * 0-9 -`, comes twice, or has an invalid value.
 */
export const namedValues =
  (isValid: (value: string) => boolean) =>
  (text: string): unknown => {
    const entries = list(text).map(splitName);
    const values = new Map(entries.flatMap((entry) => (entry && isValid(entry[1]) ? [entry] : [])));
    return values.size === entries.length ? values : text;
  };

/** Parts `name=rest`; null if it does not begin with a name of `a-z 0-9 -`. */
export function splitName(text: string): [name: string, rest: string] | null {
  const parts = /^([a-z0-9-]{1,32})=(.*)$/s.exec(text);
  return parts ? [parts[1] ?? '', parts[2] ?? ''] : null;
}

/** `true`/`false`, `1`/`0`, `yes`/`no`, or the text itself so that validation can name it. */
export const flag = (text: string): unknown => {
  const value = text.trim().toLowerCase();
  if (['true', '1', 'yes'].includes(value)) return true;
  return ['false', '0', 'no'].includes(value) ? false : text;
};
