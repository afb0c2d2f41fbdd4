/** An address of the web as somebody wrote it. */
export interface Address {
  /** What its spellings have in common, see `addressKey`; of all that was written first. */
  readonly keys: readonly [string, ...string[]];
  readonly written: string;
}

/** UTF-16 units; nobody writes or names a longer one. */
const MAX_CHARS = 2_100;
/** Addresses in one word. */
const MAX_IN_WORD = 4;
/** Signs behind an address that may end a sentence, a bracket or a style. */
const MAX_TRAILING = 8;

/** A host without a scheme, with or without a path: at least two labels. */
const BARE = /^(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?::\d{1,5})?(?:[/?#]|$)/u;
/** What a reader of URLs leaves out, so that two texts with different words in them come to one URL. */
const LEFT_OUT = /[\p{Cc}\\]|\/(?:\.|%2e){1,2}(?:[/?#]|$)/iu;

/**
 * What of a URL its server learns, in one spelling: host, path and query as WHATWG reads them; not the scheme, and not the
 * fragment, which stays at home. Null for what is no plain address of the web. Pure.
 */
export function addressKey(text: string): string | null {
  if (text.length > MAX_CHARS || LEFT_OUT.test(text) || !URL.canParse(text)) return null;
  const { protocol, username, password, host, pathname, search } = new URL(text);
  if (!isWeb(protocol) || username !== '' || password !== '') return null;
  return `${host}${pathname.replace(/\/$/, '')}${search}`;
}

/** The host in an `addressKey`. */
export const hostOf = (key: string): string => /^[^/?]*/.exec(key)?.[0] ?? '';

/**
 * All addresses that a text names, with a scheme or bare, in each of the ways in which a reader may take their ends. Takes
 * time in proportion to the text's length. Pure.
 */
export function addressesNamedIn(text: string): Address[] {
  const words = wordsOf(text).filter((word) => word.length <= MAX_CHARS);
  return words.flatMap((word) => {
    const written = schemed(word, /https?:\/\//giu);
    return written.length > 0 ? written.flatMap((url) => named(url, url)) : bare(word);
  });
}

/**
 * The addresses that a text given to a tool would have it go to: of any scheme but `file`, and exactly as they are written,
 * since each sign may carry something. Pure.
 */
export function addressesAskedIn(text: string): Address[] {
  const whole = text.trim();
  if (URL.canParse(whole) && isWeb(new URL(whole).protocol)) return [asked(whole)];
  return wordsOf(text).flatMap((word) =>
    schemed(word, /(?!file:)[a-z][a-z0-9+.-]{1,30}:\/\/(?!\/)/giu).map(asked),
  );
}

const isWeb = (protocol: string): boolean => protocol === 'http:' || protocol === 'https:';

const wordsOf = (text: string): string[] => text.split(/[\s<>"`|\\^]+/u);

/** From each scheme to the end of the word, and to the next scheme in it. */
function schemed(word: string, scheme: RegExp): string[] {
  const starts = [...word.matchAll(scheme)].slice(0, MAX_IN_WORD).map(({ index }) => index);
  return starts.flatMap((start, place) => [
    ...new Set([word.slice(start), word.slice(start, starts[place + 1])]),
  ]);
}

function bare(word: string): Address[] {
  const written = word.replace(/^[([{'*_~“„‘‚«»（【「]+/u, '');
  return BARE.test(withoutTrailing(written).at(-1) ?? '') ? named(written, `https://${written}`) : [];
}

function named(written: string, url: string): Address[] {
  const ascii = /^[\x21-\x7e]+/.exec(url)?.[0] ?? url;
  const spellings = new Set([...withoutTrailing(url), ...withoutTrailing(ascii)]);
  const [first, ...others] = [...spellings].flatMap((spelling) => addressKey(spelling) ?? []);
  return first === undefined ? [] : [{ keys: [first, ...others], written }];
}

/** What cannot be compared has a key that nobody names. */
function asked(written: string): Address {
  return { keys: [addressKey(written) ?? `unreadable ${written}`], written };
}

/** The text, and the same without its last sign, and so on, as long as that may not belong to it. */
function withoutTrailing(text: string): string[] {
  const forms = [text];
  while (
    forms.length <= MAX_TRAILING &&
    /[)\]}'’“”«».,;:!?*_~。，、；：！？）】」]$/u.test(forms.at(-1) ?? '')
  )
    forms.push(forms.at(-1)?.slice(0, -1) ?? '');
  return forms;
}
