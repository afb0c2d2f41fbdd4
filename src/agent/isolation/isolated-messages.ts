import type { TurnOutcome } from '../turn/turn-outcome.js';

/** What an isolated process is told to do: go on with a turn, by its parent's lease. */
export interface IsolatedRun {
  readonly conversationId: string;
  /** The lease's token, in decimal. */
  readonly token: string;
  readonly turnId: string;
}

/** What an isolated process tells its parent. */
export type IsolatedMessage =
  /** It waits for its run. */
  | { readonly kind: 'ready' }
  /** From now on its end is the turn's. */
  | { readonly kind: 'begun' }
  /** Every second, while it can do anything. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'ended'; readonly outcome: TurnOutcome }
  /** The database did not answer, or failed. */
  | { readonly kind: 'broken'; readonly error: string };

const kinds: readonly unknown[] = ['ready', 'begun', 'alive', 'ended', 'broken'];

/** Both ends are of one version; what was loaded into the process besides may say something else. */
export function isIsolatedMessage(message: unknown): message is IsolatedMessage {
  return typeof message === 'object' && message !== null && 'kind' in message && kinds.includes(message.kind);
}

export function isIsolatedRun(message: unknown): message is IsolatedRun {
  return typeof message === 'object' && message !== null && 'turnId' in message && 'token' in message;
}
