import { isURL, ValidateBy } from 'class-validator';

const options = {
  require_tld: false,
  require_protocol: true,
  protocols: ['http', 'https'],
};

/**
 * Whether it is an http or https address without user name and password, as those read it who fetch it. An address is
 * logged, stored and shown; what lets somebody in belongs into a setting that is none of these.
 */
export function isHttpAddress(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\//i.test(value)) return false;
  if (!isURL(value, options) || !URL.canParse(value)) return false;
  const { username, password } = new URL(value);
  return username === '' && password === '';
}

/** A setting that is an http or https address; every one that is has this, and a spec holds them to it. */
export function HttpAddress(): PropertyDecorator {
  return ValidateBy({
    name: 'httpAddress',
    validator: {
      validate: isHttpAddress,
      defaultMessage: () => 'must be an http or https address without a user name or password',
    },
  });
}

/** A refused value as a message may show it: what could be a password in an address is left out, however it is written. */
export function withoutUserInfo(text: string): string {
  return text.replace(/^(.*?[/\\]{2})?.*@/s, '$1…@');
}
