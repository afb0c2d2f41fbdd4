import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPublicAddress } from './address-rules.js';

/** The first and last address of each refused range, independent of the code's own list. */
const REFUSED: readonly (readonly [first: string, last: string])[] = [
  ['0.0.0.0', '0.255.255.255'],
  ['10.0.0.0', '10.255.255.255'],
  ['100.64.0.0', '100.127.255.255'],
  ['127.0.0.0', '127.255.255.255'],
  ['168.63.129.16', '168.63.129.16'],
  ['169.254.0.0', '169.254.255.255'],
  ['172.16.0.0', '172.31.255.255'],
  ['192.0.0.0', '192.0.0.255'],
  ['192.0.2.0', '192.0.2.255'],
  ['192.31.196.0', '192.31.196.255'],
  ['192.52.193.0', '192.52.193.255'],
  ['192.88.99.0', '192.88.99.255'],
  ['192.168.0.0', '192.168.255.255'],
  ['192.175.48.0', '192.175.48.255'],
  ['198.18.0.0', '198.19.255.255'],
  ['198.51.100.0', '198.51.100.255'],
  ['203.0.113.0', '203.0.113.255'],
  ['224.0.0.0', '255.255.255.255'],
];

const numberOf = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
const isRefused = (number: number): boolean =>
  REFUSED.some(([first, last]) => numberOf(first) <= number && number <= numberOf(last));

const anyNumber = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const refusedNumber = fc
  .constantFrom(...REFUSED)
  .chain(([first, last]) => fc.integer({ min: numberOf(first), max: numberOf(last) }));
const groups = (count: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: count, maxLength: count });
const written = (words: readonly number[]): string => words.map((word) => word.toString(16)).join(':');
const wordsOf = (number: number): [number, number] => [Math.floor(number / 65_536), number % 65_536];

describe('A public IPv4 address', () => {
  it('is in none of the refused ranges', () => {
    fc.assert(
      fc.property(fc.oneof(anyNumber, refusedNumber), (number) => {
        expect(isPublicAddress(addressOf(number))).toBe(!isRefused(number));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each(REFUSED)('is not from %s to %s, and may be right outside', (first, last) => {
    expect([first, last].map(isPublicAddress)).toEqual([false, false]);
    for (const next of [numberOf(first) - 1, numberOf(last) + 1]) {
      if (next < 0 || next >= 2 ** 32 || isRefused(next)) continue;
      expect(isPublicAddress(addressOf(next)), addressOf(next)).toBe(true);
    }
  });

  it.each(['', '127.1', '2130706433', '0x7f.0.0.1', '0177.0.0.1', '8.8.8.8.', ' 8.8.8.8', 'localhost'])(
    'is never %j, which is no address in its usual form',
    (text) => {
      expect(isPublicAddress(text)).toBe(false);
    },
  );
});

describe('A public IPv6 address', () => {
  /** The forms of IPv4 in IPv6, with its last 32 bits, or the position of the form's. */
  const carriers: readonly (readonly [name: string, form: (high: number, low: number) => number[]])[] = [
    ['mapped', (high, low) => [0, 0, 0, 0, 0, 0xffff, high, low]],
    ['compatible', (high, low) => [0, 0, 0, 0, 0, 0, high, low]],
    ['translated (SIIT)', (high, low) => [0, 0, 0, 0, 0xffff, 0, high, low]],
    ['6to4', (high, low) => [0x2002, high, low, 0, 0, 0, 0, 1]],
    ['Teredo', (high, low) => [0x2001, 0, 0x4136, 0xe378, 0x8000, 0xf227, high ^ 0xffff, low ^ 0xffff]],
    ['local NAT64', (high, low) => [0x64, 0xff9b, 1, 0, 0, 0, high, low]],
  ];

  it.each(carriers)('never is one that carries IPv4: %s', (_, form) => {
    fc.assert(
      fc.property(fc.oneof(anyNumber, refusedNumber), (number) => {
        expect(isPublicAddress(written(form(...wordsOf(number))))).toBe(false);
      }),
    );
  });

  it('is one of NAT64 where the IPv4 address in it is public', () => {
    fc.assert(
      fc.property(fc.oneof(anyNumber, refusedNumber), (number) => {
        const address = written([0x64, 0xff9b, 0, 0, 0, 0, ...wordsOf(number)]);
        expect(isPublicAddress(address)).toBe(!isRefused(number));
        expect(isPublicAddress(`64:ff9b::${addressOf(number)}`)).toBe(!isRefused(number));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never is one outside 2000::/3, but for NAT64', () => {
    fc.assert(
      fc.property(groups(8), ([first = 0, ...rest]) => {
        fc.pre(first >> 13 !== 1);
        expect(isPublicAddress(written([first, ...rest]))).toBe(false);
      }),
    );
  });

  it.each([
    ['2001:0', 0x2001, (second: number) => second & 0x1ff],
    ['2001:db8', 0x2001, () => 0x0db8],
    ['2002', 0x2002, (second: number) => second],
    ['3fff:0', 0x3fff, (second: number) => second & 0x0fff],
  ])('never is one of the special range that begins with %s', (_, first, second) => {
    fc.assert(
      fc.property(groups(7), ([any = 0, ...rest]) => {
        expect(isPublicAddress(written([first, second(any), ...rest]))).toBe(false);
      }),
    );
  });

  it.each([
    ['2606:4700:4700::1111', true],
    ['2a00:1450:4001:80b::200e', true],
    ['2001:200::', true],
    ['2001:4860:4860::8888', true],
    ['3fff:1000::', true],
    ['2620:4f:8001::', true],
    ['2620:4f:8000::1', false],
    ['3fff:fff::1', false],
    ['::', false],
    ['::1', false],
    ['fe80::1', false],
    ['fe80::1%eth0', false],
    ['2606:4700:4700::1111%eth0', false],
    ['fec0::1', false],
    ['fc00::1', false],
    ['fd00:ec2::254', false],
    ['fd20:ce::254', false],
    ['ff02::1', false],
    ['100::1', false],
    ['5f00::1', false],
    ['4000::1', false],
    ['[2606:4700:4700::1111]', false],
  ])('%s: %s', (address, isPublic) => {
    expect(isPublicAddress(address)).toBe(isPublic);
  });
});
