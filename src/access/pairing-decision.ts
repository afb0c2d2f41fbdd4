import type { PairingState } from '../generated/prisma/client.js';

/** For how long a code is good, in milliseconds. */
export const CODE_LASTS_MS = 3_600_000;
/** A chat that goes on writing is told its code again after so long, in milliseconds. */
export const REPEAT_AFTER_MS = 600_000;
/** For how long a chat that was denied is not heard, in milliseconds. */
export const DENIED_FOR_MS = 86_400_000;
/** Requests that may be open at once: strangers must not bury the operators in questions. */
export const MAX_PENDING = 20;
/** Of these, those of one person, for themselves and for groups; all who cannot be told apart are one. */
export const MAX_OF_ONE = 3;

/** Requests that are open, but for that of the chat itself. */
export interface OpenRequests {
  readonly all: number;
  /** Of who asks now. */
  readonly ofAsker: number;
}

/** The newest request of a chat. */
export interface LatestPairing {
  readonly id: string;
  readonly code: string;
  readonly state: PairingState;
  /** Its time is over, whether or not that is recorded. */
  readonly overdue: boolean;
  readonly sinceToldMs: number;
  /** 0 while nobody has decided. */
  readonly sinceDecidedMs: number;
}

/** `full`: too many wait already, of all or of who asks. */
export type Answer = 'new' | 'repeat' | 'quiet' | 'full';

/** What a chat that is not let in hears. @param open other requests. Pure. */
export function decideAnswer(latest: LatestPairing | null, open: OpenRequests): Answer {
  if (latest?.state === 'pending' && !latest.overdue)
    return latest.sinceToldMs >= REPEAT_AFTER_MS ? 'repeat' : 'quiet';
  if (latest?.state === 'denied' && latest.sinceDecidedMs < DENIED_FOR_MS) return 'quiet';
  return open.all >= MAX_PENDING || open.ofAsker >= MAX_OF_ONE ? 'full' : 'new';
}
