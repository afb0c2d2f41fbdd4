import { describe, expect, it } from 'vitest';
import { Clock } from '../../platform/runtime/clock.js';
import { WrongKeys } from './wrong-keys.js';

class StandingClock extends Clock {
  ms = 5_000;

  override monotonicMs(): number {
    return this.ms;
  }
}

const count = (keys: WrongKeys, address: string, times: number) =>
  Array.from({ length: times }, () => keys.count(address)).at(-1);

describe('WrongKeys', () => {
  it('allows an address 60 a minute, then returns the time to wait', () => {
    const clock = new StandingClock();
    const keys = new WrongKeys(clock);
    expect(count(keys, '192.0.2.1', 60)).toBe(0);
    expect(keys.count('192.0.2.1')).toBe(60);
    clock.ms += 59_500;
    expect(keys.count('192.0.2.1')).toBe(1);
    expect(keys.count('192.0.2.2')).toBe(0);
    clock.ms += 500;
    expect(count(keys, '192.0.2.1', 60)).toBe(0);
  });

  it('counts an IPv6 address by its network', () => {
    const keys = new WrongKeys(new StandingClock());
    expect(count(keys, '2001:db8::1', 60)).toBe(0);
    expect(keys.count('2001:db8::2')).toBeGreaterThan(0);
    expect(keys.count('2001:db8:0:1::1')).toBe(0);
  });

  it('remembers the most recent guessers, of more addresses than it can remember', () => {
    const keys = new WrongKeys(new StandingClock());
    for (let other = 0; other < 20_000; other += 1) keys.count(`10.0.${other >> 8}.${other & 255}`);
    expect(count(keys, '10.9.9.9', 60)).toBe(0);
    expect(keys.count('10.9.9.9')).toBeGreaterThan(0);
  });
});
