import { type TokenRanks, UNKNOWN } from './token-ranks.js';

/**
 * Counts the tokens of pieces of text, by byte pair encoding: of two neighbours that are a token together, those of the
 * lowest rank are joined, until there are none. The time grows with the square of a piece's length.
 */
export class PieceCounter {
  private readonly encoder = new TextEncoder();
  private readonly bytes: Uint8Array;
  /** Part `i` begins at `starts[i]`, and has the rank `joined[i]` together with the next part. */
  private readonly starts: Uint32Array;
  private readonly joined: Int32Array;

  /** @param maxChars of a piece */
  constructor(
    private readonly ranks: TokenRanks,
    maxChars: number,
  ) {
    const maxBytes = maxChars * 3;
    this.bytes = new Uint8Array(maxBytes);
    this.starts = new Uint32Array(maxBytes + 1);
    this.joined = new Int32Array(maxBytes);
  }

  count(piece: string): number {
    const { written: length } = this.encoder.encodeInto(piece, this.bytes);
    if (this.ranks.rankOf(this.bytes, 0, length) !== UNKNOWN) return 1;
    for (let part = 0; part <= length; part += 1) this.starts[part] = part;
    for (let part = 0; part < length; part += 1) this.joined[part] = this.rankWithNext(part, length);
    return this.join(length);
  }

  /** @returns the number of parts that are left */
  private join(length: number): number {
    const { starts, joined } = this;
    for (let parts = length; ; parts -= 1) {
      const lowest = indexOfLowest(joined, parts);
      if (lowest === -1) return parts;
      starts.copyWithin(lowest + 1, lowest + 2, parts + 1);
      joined.copyWithin(lowest, lowest + 1, parts);
      joined[lowest] = this.rankWithNext(lowest, parts - 1);
      if (lowest > 0) joined[lowest - 1] = this.rankWithNext(lowest - 1, parts - 1);
    }
  }

  private rankWithNext(part: number, parts: number): number {
    if (part + 2 > parts) return UNKNOWN;
    return this.ranks.rankOf(this.bytes, this.starts[part] ?? 0, this.starts[part + 2] ?? 0);
  }
}

/** Returns -1 if all of the first `length` ranks are unknown. */
function indexOfLowest(ranks: Int32Array, length: number): number {
  let lowest = UNKNOWN;
  let index = -1;
  for (let at = 0; at < length; at += 1) {
    const rank = ranks[at] ?? UNKNOWN;
    if (rank >= lowest) continue;
    lowest = rank;
    index = at;
  }
  return index;
}
