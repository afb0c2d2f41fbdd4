import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedUpdates } from '../receiving/allowed-updates.js';
import { updateKindOf, queryOf } from './declined.js';

describe('queryOf', () => {
  it.each([
    ['pre_checkout_query', 'payment'],
    ['shipping_query', 'shipping'],
    ['inline_query', 'inline'],
    ['callback_query', 'button'],
  ])('finds the query in %s', (field, kind) => {
    expect(queryOf({ update_id: 1, [field]: { id: '5' } })).toEqual({ kind, id: '5' });
    expect(queryOf({ update_id: 1, [field]: { id: 5 } })).toBeNull();
    expect(allowedUpdates).toContain(field);
  });
});

describe('kindOf', () => {
  it('is the field beside update_id', () => {
    expect(updateKindOf({ update_id: 1, channel_post: {} })).toBe('channel_post');
    expect(updateKindOf({ a_kind_of_tomorrow: 17, update_id: 1 })).toBe('a_kind_of_tomorrow');
    expect(updateKindOf({ update_id: 1, 'Not a kind!': {} })).toBe('unknown');
    expect(updateKindOf({ update_id: 1 })).toBe('unknown');
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(updateKindOf(value)).toMatch(/^[a-z_]{1,40}$/);
      }),
    );
    fc.assert(fc.property(fc.jsonValue(), (value) => void queryOf(value)));
  });
});
