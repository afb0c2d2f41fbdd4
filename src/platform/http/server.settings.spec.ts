import { describe, expect, it } from 'vitest';
import { SettingsError } from '../config/read-settings.js';
import { loadSettings } from '../../settings/settings.js';

const proxies = (text: string) => loadSettings({ TRUSTED_PROXIES: text }).server.trustedProxies;

describe('TRUSTED_PROXIES', () => {
  it('are addresses and networks, or none', () => {
    expect(proxies('10.0.0.0/8, 127.0.0.1,::1,fd00::/8')).toEqual([
      '10.0.0.0/8',
      '127.0.0.1',
      '::1',
      'fd00::/8',
    ]);
    expect(proxies('')).toEqual([]);
  });

  it.each([
    'true',
    '1',
    'proxy.local',
    '10.0.0.0/33',
    '10.0.0.0/0',
    '::/0',
    '::/129',
    '10.0.0.0/8/8',
    '10.0.0.0/',
  ])('are not %s', (text) => {
    expect(() => proxies(text)).toThrow(SettingsError);
  });
});
