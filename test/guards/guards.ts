import { leaseGuards } from './lease.guards.js';
import type { Guard } from './guard.js';

export const guards: readonly Guard[] = [...leaseGuards];
