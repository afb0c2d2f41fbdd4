import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { resolve } = createRequire(import.meta.url);

/** Twice the number of tokens or more, and a power of two. */
const SLOTS = 2 ** 19;
/** The value of each base64 character, by its code. */
const SEXTETS = new Uint8Array(128);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let value = 0; value < ALPHABET.length; value += 1) SEXTETS[ALPHABET.charCodeAt(value)] = value;
const [PADDING, SPACE, NEW_LINE] = [0x3d, 0x20, 0x0a];

/** A token's bytes have no rank: no token consists of them. */
export const UNKNOWN = 0x7fffffff;

/**
 * The tokens of o200k_base by their bytes, as a hash table in three typed arrays: 5 MB. As strings in a `Map`, which
 * `gpt-tokenizer` itself builds, they take 64 MB.
 */
export class TokenRanks {
  /** The bytes of all tokens, in the order of their ranks. */
  private readonly bytes: Uint8Array;
  /** A token's bytes begin at `starts[rank]` and end at `starts[rank + 1]`. */
  private readonly starts: Uint32Array;
  /** A token's rank + 1, at its hash or behind it; 0: free. */
  private readonly slots = new Int32Array(SLOTS);

  private constructor(lines: Uint8Array) {
    const { bytes, starts } = decode(lines);
    this.bytes = bytes;
    this.starts = starts;
    for (let rank = 0; rank < starts.length - 1; rank += 1) this.insert(rank);
  }

  /** Reads the file that comes with `gpt-tokenizer`: a line for each token, in base64, in the order of their ranks. */
  static read(): TokenRanks {
    return new TokenRanks(readFileSync(resolve('gpt-tokenizer/data/o200k_base.tiktoken')));
  }

  /** Returns the rank of the token that consists of these bytes, or `UNKNOWN`. */
  rankOf(bytes: Uint8Array, from: number, to: number): number {
    for (let slot = hash(bytes, from, to); ; slot = (slot + 1) % SLOTS) {
      const rank = (this.slots[slot] ?? 0) - 1;
      if (rank === -1) return UNKNOWN;
      if (this.equals(rank, bytes, from, to)) return rank;
    }
  }

  private equals(rank: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.starts[rank] ?? 0;
    if ((this.starts[rank + 1] ?? 0) - start !== to - from) return false;
    for (let at = from; at < to; at += 1) if (this.bytes[start + at - from] !== bytes[at]) return false;
    return true;
  }

  private insert(rank: number): void {
    let slot = hash(this.bytes, this.starts[rank] ?? 0, this.starts[rank + 1] ?? 0);
    while (this.slots[slot] !== 0) slot = (slot + 1) % SLOTS;
    this.slots[slot] = rank + 1;
  }
}

/** Decodes `<token in base64> <rank>` a line, without a string for each: that would take four times as long. */
function decode(lines: Uint8Array): { readonly bytes: Uint8Array; readonly starts: Uint32Array } {
  const bytes = new Uint8Array(lines.length);
  const starts = new Uint32Array(SLOTS / 2);
  let [rank, end, at] = [0, 0, 0];
  while (at < lines.length) {
    let [bits, held] = [0, 0];
    for (let char = lines[at] ?? SPACE; char !== SPACE; at += 1, char = lines[at] ?? SPACE) {
      if (char === PADDING) continue;
      bits = (bits << 6) | (SEXTETS[char] ?? 0);
      held += 6;
      if (held < 8) continue;
      held -= 8;
      bytes[end] = bits >> held;
      bits &= (1 << held) - 1;
      end += 1;
    }
    rank += 1;
    starts[rank] = end;
    while (at < lines.length && lines[at] !== NEW_LINE) at += 1;
    at += 1;
  }
  return { bytes: bytes.slice(0, end), starts: starts.slice(0, rank + 1) };
}

/** FNV-1a, folded to a slot. */
function hash(bytes: Uint8Array, from: number, to: number): number {
  let value = 0x811c9dc5;
  for (let at = from; at < to; at += 1) value = Math.imul(value ^ (bytes[at] ?? 0), 0x01000193);
  return ((value >>> 19) ^ value) & (SLOTS - 1);
}
