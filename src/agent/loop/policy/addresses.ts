/** A web address as it was written. */
export interface Address {
  /** The keys of its spellings, see `addressKey`; the key of the whole text comes first. */
  readonly keys: readonly [string, ...string[]];
  readonly written: string;
}

/** UTF-16 units of the longest address. */
const MAX_CHARS = 2_100;
/** The limit of addresses in one word. */
const MAX_IN_WORD = 4;
/** Characters behind an address that may end a sentence, a bracket or a style. */
const MAX_TRAILING = 8;

/** A host without a scheme, with or without a path: at least two labels. */
const BARE = /^(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?::\d{1,5})?(?:[/?#]|$)/u;
/**
 * Such a host with something behind it, or with labels before its domain: a tool that completes it with a scheme sends
 * the rest to its server. A name of two labels alone, such as a file's, carries nothing.
 */
const COMPLETED =
  /^(?:(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}(?:(?::\d{1,5})?[/?#]|:\d{1,5}$)|(?:[\p{L}\p{N}-]+\.){2,}\p{L}{2,}$|(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?:[/?#]|$))/u;
/** Characters that a URL parser drops, so that two texts with different words in them become one URL. */
const LEFT_OUT = /[\p{Cc}\\]|\/(?:\.|%2e){1,2}(?:[/?#]|$)/iu;

/**
 * The part of a URL that its server receives, in one spelling: host, path and query as WHATWG parses them; neither the
 * scheme nor the fragment, which is not sent. Null for anything but a plain web address. Pure.
 */
function addressKey(text: string): string | null {
  if (text.length > MAX_CHARS || LEFT_OUT.test(text) || !URL.canParse(text)) return null;
  const { protocol, username, password, host, pathname, search } = new URL(text);
  if (!isWeb(protocol) || username !== '' || password !== '') return null;
  return `${host}${pathname.replace(/\/$/, '')}${search}`;
}

/** The host in an `addressKey`. */
export const hostOf = (key: string): string => /^[^/?]*/.exec(key)?.[0] ?? '';

/**
 * Finds all addresses in a text, with a scheme or bare, in each way in which a reader may take their ends. Takes time
 * in proportion to the text's length. Pure.
 */
export function addressesNamedIn(text: string): Address[] {
  const words = wordsOf(text).filter((word) => word.length <= MAX_CHARS);
  return words.flatMap((word) => {
    const written = schemed(word, /https?:\/\//giu);
    return written.length > 0 ? written.flatMap((url) => named(url, url)) : bare(word);
  });
}

/**
 * Finds the addresses that a text given to a tool may lead it to: of any scheme but `file`, and exactly as written,
 * since each character may carry something. Pure.
 */
export function addressesAskedIn(text: string): Address[] {
  // Not trimmed: a URL parser sends all spaces of \s that are not ASCII.
  if (URL.canParse(text) && isWeb(new URL(text).protocol)) return [asked(text)];
  return text
    .split(/[\t-\r <>"`|\\^]+/u)
    .flatMap((word) => schemed(word, /(?!file:)[a-z][a-z0-9+.-]{1,30}:\/\/(?!\/)/giu).map(asked));
}

/** Finds the address if the whole text is one that a tool may complete with a scheme. Pure. */
export function addressCompletedFrom(text: string): Address[] {
  const whole = text.trim().replace(/^\/\//, '');
  return whole.length <= MAX_CHARS && COMPLETED.test(whole) ? [asked(`https://${whole}`)] : [];
}

const isWeb = (protocol: string): boolean => protocol === 'http:' || protocol === 'https:';

const wordsOf = (text: string): string[] => text.split(/[\s<>"`|\\^]+/u);

/** Splits a word at its schemes: each part reaches to the next scheme, or to the word's end. */
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

/** An address that cannot be compared has a key that no text contains. */
function asked(written: string): Address {
  return { keys: [addressKey(written) ?? `unreadable ${written}`], written };
}

/** The text, and the text without its last character, and so on, while that may not belong to the address. */
function withoutTrailing(text: string): string[] {
  const forms = [text];
  while (
    forms.length <= MAX_TRAILING &&
    /[)\]}'’“”«».,;:!?*_~。，、；：！？）】」]$/u.test(forms.at(-1) ?? '')
  )
    forms.push(forms.at(-1)?.slice(0, -1) ?? '');
  return forms;
}
