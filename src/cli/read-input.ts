import { GiveUpError } from '../platform/errors/errors.js';

/** Standard input, or its stand-in. */
export type Input = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>;

/** Far above the needs of any command. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads all of it as UTF-8, without the line break at its end.
 * @throws GiveUpError for more than 1 MiB, or invalid UTF-8
 */
export async function readInput(input: Input): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    const buffer = Buffer.from(chunk);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) throw new GiveUpError('INPUT_TOO_LONG', 'standard input is longer than 1 MiB');
    chunks.push(buffer);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
  } catch (error) {
    throw new GiveUpError('INPUT_UNREADABLE', 'standard input is not UTF-8', null, { cause: error });
  }
}
