// The limits of a rich message: https://core.telegram.org/bots/api#inputrichmessage
import type { InputRichBlock, RichText } from '@grammyjs/types';
import { plainText } from './rich-text.js';

type Block = InputRichBlock<never>;

const MAX_CHARACTERS = 32_768;
const MAX_BLOCKS = 500;
const MAX_LEVELS = 16;

interface Size {
  readonly characters: number;
  /** Blocks, list items and table rows, nested ones included. */
  readonly count: number;
  /** The deepest nesting of blocks and formatting. */
  readonly levels: number;
}

/**
 * Whether these blocks fit one rich message and contain a word. (The number of a table's columns is checked where the
 * table is made.)
 */
export function fitsRichMessage(blocks: readonly Block[]): boolean {
  const { characters, count, levels } = together(blocks.map(sizeOf));
  return characters > 0 && characters <= MAX_CHARACTERS && count <= MAX_BLOCKS && levels <= MAX_LEVELS;
}

function sizeOf(block: Block): Size {
  if ('items' in block) return around(block.items.map((item) => around(item.blocks.map(sizeOf))));
  if ('blocks' in block) return around(block.blocks.map(sizeOf));
  if ('cells' in block) {
    return around(block.cells.map((row) => around(row.map(({ text }) => sizeOfText(text ?? '')))));
  }
  if ('expression' in block) return around([sizeOfText(block.expression)]);
  return around('text' in block ? [sizeOfText(block.text)] : []);
}

function sizeOfText(text: RichText): Size {
  return { characters: plainText(text).length, count: 0, levels: levelsOf(text) };
}

function levelsOf(text: RichText): number {
  if (typeof text === 'string') return 0;
  if (Array.isArray(text)) return text.reduce((deepest, part) => Math.max(deepest, levelsOf(part)), 0);
  return 1 + ('text' in text ? levelsOf(text.text) : 0);
}

/** Wraps a block around its content. */
function around(inside: readonly Size[]): Size {
  const { characters, count, levels } = together(inside);
  return { characters, count: count + 1, levels: levels + 1 };
}

function together(sizes: readonly Size[]): Size {
  return sizes.reduce(
    (all, one) => ({
      characters: all.characters + one.characters,
      count: all.count + one.count,
      levels: Math.max(all.levels, one.levels),
    }),
    { characters: 0, count: 0, levels: 0 },
  );
}
