import { Injectable } from '@nestjs/common';
import { O200K_TOKEN_SPLIT_REGEX } from 'gpt-tokenizer/encodingParams/constants';
import { PieceCounter } from './piece-counter.js';
import { TokenRanks } from './token-ranks.js';

/** Long texts are counted in slices: the time grows faster than the length of a run without spaces. */
const SLICE_CHARS = 4_000;

/** Counts tokens as OpenAI's newer models do (o200k_base); a good estimate for other models. */
@Injectable()
export class TokenCounter {
  private pieces: PieceCounter | null = null;

  /** Reads the tokens, about 5 MB, so that the first count does not have to. */
  load(): PieceCounter {
    return (this.pieces ??= new PieceCounter(TokenRanks.read(), SLICE_CHARS));
  }

  /** Counts the text as such: in it, `<|endoftext|>` is no mark. */
  count(text: string): number {
    let tokens = 0;
    for (let start = 0; start < text.length; start += SLICE_CHARS)
      tokens += this.countSlice(text.slice(start, start + SLICE_CHARS));
    return tokens;
  }

  private countSlice(text: string): number {
    const pieces = this.load();
    let tokens = 0;
    for (const [piece] of text.matchAll(O200K_TOKEN_SPLIT_REGEX)) tokens += pieces.count(piece);
    return tokens;
  }
}
