import { isURL, ValidateBy } from 'class-validator';

const options = {
  require_tld: false,
  require_protocol: true,
  protocols: ['http', 'https'],
};

/**
 * Whether it is an http or https address without user name and password, as HTTP clients read it. An address is logged,
 * stored and shown; credentials belong in a setting that is not.
 */
export function isHttpAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value)) return false;
  if (!isURL(value, options) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

/**
 * Whether paths can be appended to such an address. The part behind a `?` is often a key, and would be shown with it.
 */
export const isBaseAddress = (value: unknown): boolean => isHttpAddress(value) && !/[?#]/.test(String(value));

/** A setting that is an http or https address. A spec checks that every such setting uses it. */
export function HttpAddress(): PropertyDecorator {
  return ValidateBy({
    name: 'httpAddress',
    validator: {
      validate: isBaseAddress,
      defaultMessage: () => 'must be an http or https address without a user name, a password, ? or #',
    },
  });
}

/**
 * A refused value in a form that a message may show: anything that could be a password in an address is removed,
 * however it is written.
 */
export function withoutUserInfo(text: string): string {
  return text.replace(/^(.*?[/\\]{2})?.*@/s, '$1…@').replace(/[?#].*$/s, '?…');
}
