/** The meaning of HTML elements for a reader of plain text. */

/** Not the text of the page: code, navigation, controls, embedded programs. */
const SKIPPED = new Set(
  (
    'script style noscript template svg nav footer aside button select option datalist textarea input ' +
    'iframe object embed canvas audio video map dialog'
  ).split(' '),
);

const PARAGRAPHS = new Set(
  (
    'p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre section article main header hr figure details ' +
    'fieldset'
  ).split(' '),
);

const LINES = new Set('div li dt dd tr br caption figcaption summary address form legend body'.split(' '));

export type Attributes = Readonly<Record<string, string>>;

/** The text inside is not for readers of the page, or is none. */
export function isSkipped(name: string, attributes: Attributes): boolean {
  return (
    SKIPPED.has(name) ||
    attributes['hidden'] !== undefined ||
    attributes['aria-hidden'] === 'true' ||
    /display\s*:\s*none|visibility\s*:\s*hidden/i.test(attributes['style'] ?? '')
  );
}

/** The break at the beginning, and at the end, of an element. */
export function breakAround(name: string): string {
  if (PARAGRAPHS.has(name)) return '\n\n';
  if (LINES.has(name)) return '\n';
  return name === 'td' || name === 'th' ? ' | ' : '';
}

/** The prefix of a heading or a list item, as in Markdown. */
export function markerOf(name: string): string {
  if (name === 'li') return '- ';
  const level = /^h([1-6])$/.exec(name)?.[1];
  return level === undefined ? '' : `${'#'.repeat(Number(level))} `;
}

export function isMain(name: string, attributes: Attributes): boolean {
  return name === 'main' || attributes['role'] === 'main';
}
