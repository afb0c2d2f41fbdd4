import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_IMAGE_BYTES, MAX_IMAGE_SIDE } from '../../channel/attachment.js';
import { attachmentsOf, bestSize } from './attachments.js';

describe('attachmentsOf', () => {
  it.each([
    ['audio', { voice: { file_id: 'f', duration: 2, mime_type: 'audio/ogg', file_size: 4 } }],
    ['audio', { video_note: { file_id: 'f', duration: 5, length: 240 } }],
    ['audio', { audio: { file_id: 'f', duration: 200 } }],
    ['audio', { document: { file_id: 'f', mime_type: 'audio/flac' } }],
    ['image', { document: { file_id: 'f', mime_type: 'image/png', file_name: 'plan.png' } }],
    ['file', { document: { file_id: 'f', mime_type: 'application/pdf', file_name: 'a.pdf' } }],
    ['file', { document: { file_id: 'f' } }],
  ])('reads as %s: %j', (kind, message) => {
    expect(attachmentsOf(message)).toMatchObject([{ kind, ref: 'f' }]);
  });

  it.each([
    { text: 'hi' },
    { animation: { file_id: 'f' }, document: { file_id: 'f' } },
    { voice: {} },
    { photo: 5 },
  ])('finds no file in %j', (message) => {
    expect(attachmentsOf(message)).toEqual([]);
  });
});

describe('bestSize', () => {
  const size = fc.record({
    file_id: fc.constant('f'),
    width: fc.integer({ min: 1, max: 5_000 }),
    height: fc.integer({ min: 1, max: 5_000 }),
    file_size: fc.integer({ min: 1, max: 2 * MAX_IMAGE_BYTES }),
  });
  const side = (one: { width: number; height: number }) => Math.max(one.width, one.height);
  const fits = (one: { width: number; height: number; file_size: number }) =>
    side(one) <= MAX_IMAGE_SIDE && one.file_size <= MAX_IMAGE_BYTES;

  it('is the largest that fits, else the smallest', () => {
    fc.assert(
      fc.property(fc.array(size, { minLength: 1 }), (sizes) => {
        const fitting = sizes.filter(fits);
        const expected =
          fitting.length > 0 ? Math.max(...fitting.map(side)) : Math.min(...sizes.map((one) => side(one)));
        const best = bestSize(sizes);
        expect(sizes).toContain(best);
        expect(sizes.filter((one) => side(one) === expected)).toContain(best);
      }),
    );
  });
});
