import { createHash } from 'node:crypto';

const MAX_NAME_CHARS = 64;
const DIGEST_CHARS = 8;

/**
 * The model's name of a server's tool: `<prefix>_<its own name>`, which has to be 1-64 of `A-Za-z0-9_-`. In another
 * name, other characters are replaced, it is cut, and it ends in a digest of the whole, so that it is stable and unique
 * whatever other tools there are. Pure.
 * @param prefix of the server, without a `_`: so the part before the first `_` names the server
 */
export function toolName(prefix: string, own: string): string {
  const plain = `${prefix}_${own}`;
  if (/^[A-Za-z0-9_-]+$/.test(plain) && plain.length <= MAX_NAME_CHARS) return plain;
  const digest = createHash('sha256').update(own).digest('hex').slice(0, DIGEST_CHARS);
  const readable = plain.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, MAX_NAME_CHARS - DIGEST_CHARS - 1);
  return `${readable}_${digest}`;
}

/** The server's prefix in a name that `toolName` made. */
export function prefixOf(name: string): string {
  return name.split('_', 1)[0] ?? '';
}

/** Whether it is one of these names; `*` stands for any characters, or none. */
export function isNamed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('.*')}$`, 's').test(name);
  });
}
