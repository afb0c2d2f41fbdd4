import { approvals } from './approvals.js';
import { budgets } from './budgets.js';
import { collect, interrupt, steer } from './busy.js';
import { commands, reset, stop } from './commands.js';
import { edits } from './edits.js';
import { erasure } from './erasure.js';
import type { Feature } from './feature.js';
import { group, migration } from './group.js';
import { burst, plain, streamed } from './plain.js';
import { reminders } from './reminders.js';

/** The features from which seeds draw a chat's traffic: each as often as it is listed. */
export const features: readonly Feature[] = [
  plain,
  plain,
  plain,
  burst,
  streamed,
  streamed,
  group,
  migration,
  commands,
  stop,
  reset,
  steer,
  interrupt,
  collect,
  edits,
  approvals,
  reminders,
  erasure,
  budgets,
];
