import type { TurnOutcome } from '../../turns/turn-outcome.js';

/** The order to an isolated process: continue a turn by its parent's lease. */
export interface IsolatedRun {
  readonly conversationId: string;
  /** The lease's token, in decimal. */
  readonly token: string;
  readonly turnId: string;
}

/** The order to hand the run back soon, because its parent ends. It accepts this from its parent alone. */
export interface IsolatedStop {
  readonly kind: 'stop';
}

/** The messages of an isolated process to its parent. */
export type IsolatedMessage =
  /** It is ready for its run. */
  | { readonly kind: 'ready' }
  /** From now on, its death counts as the turn's. */
  | { readonly kind: 'begun' }
  /** Sent every second, while its event loop runs. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended'; readonly outcome: TurnOutcome }
  /** The database did not answer, or failed. */
  | { readonly kind: 'broken'; readonly error: string };

const kinds: readonly unknown[] = ['ready', 'begun', 'alive', 'ended', 'broken'];

/** Checks a message: both ends have one version, but other code in the process may send something else. */
export function isIsolatedMessage(message: unknown): message is IsolatedMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && kinds.includes(message.kind);
}

export function isIsolatedStop(message: unknown): message is IsolatedStop {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === 'stop';
}

export function isIsolatedRun(message: unknown): message is IsolatedRun {
  return typeof message === 'object' && message !== null && 'turnId' in message && 'token' in message;
}
