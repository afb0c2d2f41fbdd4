import type { IncomingMessage } from 'node:http';
import { PassThrough, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { GiveUpError } from '../../../platform/errors/errors.js';

/**
 * The decompressed body. At most `maxBytes` are kept in memory, whatever the compression ratio.
 * @throws GiveUpError `FETCH_TOO_LARGE`, `FETCH_TYPE_REFUSED` for an encoding that was not requested; the reason of
 * `signal`; errors of the streams
 */
export async function readBody(
  response: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = async (decoded: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of decoded) {
      size += chunk.length;
      if (size > maxBytes) throw new Error('enough');
      chunks.push(chunk);
    }
  };
  try {
    await pipeline(response, decoder(response.headers['content-encoding']), keep, { signal });
  } catch (error) {
    // When reading stops, the pipeline may report any of the resulting errors.
    if (size <= maxBytes) throw error;
    throw new GiveUpError('FETCH_TOO_LARGE', `The page is larger than ${maxBytes} bytes.`);
  }
  return Buffer.concat(chunks);
}

function decoder(encoding = 'identity'): Transform {
  switch (encoding.trim().toLowerCase()) {
    case '':
    case 'identity':
      return new PassThrough();
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'deflate':
      return createInflate();
    case 'br':
      return createBrotliDecompress();
    default:
      throw new GiveUpError('FETCH_TYPE_REFUSED', 'The page is encoded in a way that was not asked for.');
  }
}
