import type { Guard } from './guard.js';

const BEGIN = '<!-- prettier-ignore-start -->\n<!-- written by `npm run test:guards -- --write` -->';
const END = '<!-- prettier-ignore-end -->';

/** The page with its table as the guards have it. @throws where it has no place for the table */
export function withTable(page: string, guards: readonly Guard[]): string {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error('the page has no place for the table of guards');
  const rows = guards.map(rowOf).join('\n');
  const head =
    '| guard | keeps | promise | stands in | the test that fails without it |\n| --- | --- | --- | --- | --- |';
  return `${page.slice(0, before)}${BEGIN}\n\n${head}\n${rows}\n\n${page.slice(after)}`;
}

function rowOf({ id, kind, keeps, promises, without, spec, test }: Guard): string {
  const stands = 'file' in without ? link(without.file) : `table \`${without.table}\``;
  const cells = [`\`${id}\` (${kind})`, keeps, promises.join(', '), stands, `${link(spec)}: ${test}`];
  return `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`;
}

const link = (file: string): string => `[\`${file.split('/').at(-1)}\`](../${file})`;
