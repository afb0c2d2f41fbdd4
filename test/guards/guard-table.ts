import { readFileSync } from 'node:fs';
import { type Guard, placeOf } from './guard.js';

const ROOT = new URL('../../', import.meta.url);
const BEGIN = '<!-- prettier-ignore-start -->\n<!-- written by `npm run test:guards -- --write` -->';
const END = '<!-- prettier-ignore-end -->';
/** A place of docs/guarantees.md that names the guards of its table. */
const CHOSEN =
  /<!-- prettier-ignore-start -->\n<!-- guards: (?<ids>[^>]+) -->\n[^]*?<!-- prettier-ignore-end -->/g;

/** docs/guards.md with an up-to-date table. @throws if the page has no place for the table */
export function withTable(page: string, guards: readonly Guard[]): string {
  const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (before < 0 || after < before) throw new Error('the page has no place for the table of guards');
  const head = ['guard', 'keeps', 'promise', 'stands in', 'the test that fails without it'];
  return `${page.slice(0, before)}${BEGIN}\n\n${tableOf(head, guards.map(cellsOf))}\n\n${page.slice(after)}`;
}

/**
 * docs/guarantees.md with a table under each list of guards: the guarantee, the line that keeps it, the test.
 * @throws if a list names an unknown guard
 */
export function withLines(page: string, guards: readonly Guard[]): string {
  const find = (id: string): Guard => {
    const guard = guards.find((one) => one.id === id);
    if (!guard) throw new Error(`docs/guarantees.md names no guard: ${id}`);
    return guard;
  };
  return page.replaceAll(CHOSEN, (_place, ids: string) => {
    const rows = ids
      .trim()
      .split(/\s+/)
      .map((id) => linesOf(find(id)));
    const table = tableOf(['what holds it', 'line', 'test'], rows);
    return `<!-- prettier-ignore-start -->\n<!-- guards: ${ids} -->\n\n${table}\n\n${END}`;
  });
}

/** Without line numbers, which any change above them moves: `--write` brings them up to date. */
export const withoutLineNumbers = (page: string): string => page.replaceAll(/#L\d+(?=\))/g, '');

function cellsOf({ id, kind, keeps, promises, without, spec, test }: Guard): string[] {
  const stands = 'file' in without ? link(without.file) : `table \`${without.table}\``;
  return [`\`${id}\` (${kind})`, keeps, promises.join(', '), stands, `${link(spec)}: ${test}`];
}

function linesOf({ keeps, without, spec, test }: Guard): string[] {
  if (!('file' in without)) return [keeps, `a key of table \`${without.table}\``, `${link(spec)}: ${test}`];
  const source = readFileSync(new URL(without.file, ROOT), 'utf8');
  const at = placeOf(source, without);
  const number = source.slice(0, at).split('\n').length;
  const line = source.split('\n')[number - 1]?.trim() ?? '';
  return [keeps, `${link(without.file, `#L${number}`)} ${code(line)}`, `${link(spec)}: ${test}`];
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`)
    .join('\n');
}

const link = (file: string, at = ''): string => `[\`${file.split('/').at(-1)}\`](../${file}${at})`;
const code = (line: string): string => (line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``);
