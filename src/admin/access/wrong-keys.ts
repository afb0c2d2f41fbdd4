import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { BoundedMap } from '../../runtime/bounded-map.js';
import { Clock } from '../../runtime/clock.js';

const LIMIT = 60;
const PERIOD_MS = 60_000;
/** Of whom more are guessing at once, the first are forgotten: memory is bounded, and a key is not guessed by 60 tries. */
const MAX_ADDRESSES = 10_000;

interface Tries {
  readonly since: number;
  count: number;
}

/**
 * Counts wrong and missing keys: an address has 60 a minute. They are counted in this process's memory and nowhere else,
 * so that guesses, however many, keep neither a connection of the database nor a lock from anybody. An IPv6 address
 * counts by its /64 network.
 */
@Injectable()
export class WrongKeys {
  private readonly tries = new BoundedMap<string, Tries>(MAX_ADDRESSES);

  constructor(private readonly clock: Clock) {}

  /** Counts one. @returns whole seconds until the address may try again; 0: it may */
  count(address: string): number {
    const now = this.clock.monotonicMs();
    const key = normalizeIp(address);
    const known = this.tries.get(key);
    const tries = known && now - known.since < PERIOD_MS ? known : { since: now, count: 0 };
    if (tries !== known) this.tries.delete(key);
    tries.count += 1;
    this.tries.set(key, tries);
    return tries.count > LIMIT ? Math.max(1, Math.ceil((PERIOD_MS - (now - tries.since)) / 1_000)) : 0;
  }
}
