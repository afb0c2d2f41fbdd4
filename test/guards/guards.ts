import { clockGuards } from './clocks.guards.js';
import { deliveryGuards } from './delivery.guards.js';
import { doorGuards } from './door.guards.js';
import { fenceGuards } from './fences.guards.js';
import type { Guard } from './guard.js';
import { httpGuards } from './http.guards.js';
import { keyGuards } from './keys.guards.js';
import { lateEditGuards } from './late-edits.guards.js';
import { leaseGuards } from './lease.guards.js';
import { otherGuards } from './others.guards.js';
import { outsideGuards } from './outside.guards.js';
import { outsideTextGuards } from './outside-text.guards.js';
import { queueGuards } from './queue.guards.js';
import { secretGuards } from './secrets.guards.js';
import { sharedRowGuards } from './shared-rows.guards.js';
import { triggerGuards } from './trigger.guards.js';
import { turnGuards } from './turn.guards.js';

/** In the order of docs/guards.md. */
export const guards: readonly Guard[] = [
  ...doorGuards,
  ...triggerGuards,
  ...httpGuards,
  ...secretGuards,
  ...outsideGuards,
  ...outsideTextGuards,
  ...leaseGuards,
  ...fenceGuards,
  ...turnGuards,
  ...sharedRowGuards,
  ...clockGuards,
  ...deliveryGuards,
  ...lateEditGuards,
  ...queueGuards,
  ...otherGuards,
  ...keyGuards,
];
