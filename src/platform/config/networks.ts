import { isIP } from 'node:net';
import { ValidateBy } from 'class-validator';

/** A list of IP addresses and networks such as `10.0.0.0/8`; not all of them at once (`/0`). */
export function Networks(): PropertyDecorator {
  return ValidateBy({
    name: 'networks',
    validator: {
      validate: (value) => Array.isArray(value) && value.every(isNetwork),
      defaultMessage: () => 'must be IP addresses or networks, separated by commas',
    },
  });
}

function isNetwork(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [address = '', prefix, ...more] = value.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (version === 4 ? 32 : 128);
}
