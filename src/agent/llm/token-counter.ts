import { Injectable, type OnModuleInit } from '@nestjs/common';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

/** Long texts are counted in slices: the tokenizer's time grows faster than the length of a run without spaces. */
const SLICE_CHARS = 4_000;

/** A user's `<|endoftext|>` is ordinary text, not the tokenizer's mark. */
const plainText = { disallowedSpecial: new Set<string>() };

/** Counts tokens as OpenAI's newer models do (o200k_base); a good estimate for other models. */
@Injectable()
export class TokenCounter implements OnModuleInit {
  /** The first count builds the tokenizer's tables: at the start, not with a user's first message. */
  onModuleInit(): void {
    this.count('warm up');
  }

  count(text: string): number {
    let tokens = 0;
    for (let start = 0; start < text.length; start += SLICE_CHARS) {
      tokens += countTokens(text.slice(start, start + SLICE_CHARS), plainText);
    }
    return tokens;
  }
}
