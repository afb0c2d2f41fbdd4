import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { BoundedMap } from '../../platform/runtime/bounded-map.js';
import { Clock } from '../../platform/runtime/clock.js';

const LIMIT = 60;
const PERIOD_MS = 60_000;
/** Addresses remembered; the oldest are forgotten. This bounds the memory, and 60 tries do not guess a key. */
const MAX_ADDRESSES = 10_000;

interface Tries {
  readonly since: number;
  count: number;
}

/**
 * Counts wrong and missing keys: an address has 60 a minute. The counts are in this process's memory only, so that
 * guesses, however many, use no database connection and no lock. An IPv6 address counts by its /64 network.
 */
@Injectable()
export class WrongKeys {
  private readonly tries = new BoundedMap<string, Tries>(MAX_ADDRESSES);

  constructor(private readonly clock: Clock) {}

  /** Counts one. @returns whole seconds until the address may try again; 0: at once */
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
