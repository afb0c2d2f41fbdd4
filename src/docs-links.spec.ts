import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const pages = [
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((file) => join('docs', file)),
  ...readdirSync('.'),
].filter((file) => file.endsWith('.md'));

/** A page without its blocks of code. */
const proseOf = (page: string): string => readFileSync(page, 'utf8').replaceAll(/^```[^]*?^```$/gm, '');

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): readonly string[] {
  const seen = new Map<string, number>();
  return Array.from(proseOf(page).matchAll(/^#+ (.+)$/gm), ([, heading = '']) => {
    const anchor = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

/** Why the link leads nowhere; null: it leads somewhere, or out of the repository. */
function brokenLink(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null;
  const [file = '', anchor = ''] = link.split('#');
  const target = file === '' ? page : normalize(join(dirname(page), file));
  if (!existsSync(target)) return `${link}: no such file`;
  const known = anchor === '' || !target.endsWith('.md') || anchorsOf(target).includes(anchor);
  return known ? null : `${link}: no such heading`;
}

describe('The links of the docs', () => {
  it.each(pages)('lead to an existing target: %s', (page) => {
    const links = Array.from(proseOf(page).matchAll(/\]\((?<link>[^)\s]+)\)/g), ([, link = '']) => link);
    expect(links.flatMap((link) => brokenLink(page, link) ?? [])).toEqual([]);
  });
});
