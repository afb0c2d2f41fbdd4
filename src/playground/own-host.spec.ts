import { describe, expect, it } from 'vitest';
import { isLoopback, isOwnHost } from './own-host.js';

describe('The host of a request', () => {
  it.each([
    '127.0.0.1:3000',
    '127.0.0.1',
    '[::1]:3000',
    '192.168.1.7:80',
    'localhost:3000',
    'LOCALHOST',
    'x.localhost',
  ])('is this machine: %s', (host) => {
    expect(isOwnHost(host, '127.0.0.1')).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil-localhost',
    '127.0.0.1@evil.example',
    '',
    ' ',
    undefined,
  ])('may be a stranger’s: %j', (host) => {
    expect(isOwnHost(host, '127.0.0.1')).toBe(false);
  });

  it('is also this machine by the name in HOST', () => {
    expect(isOwnHost('devbox:3000', 'Devbox')).toBe(true);
    expect(isOwnHost('devbox:3000', '0.0.0.0')).toBe(false);
  });
});

it.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.evil.example', false],
])('Only this machine reaches %s: %s', (host, alone) => {
  expect(isLoopback(host)).toBe(alone);
});
