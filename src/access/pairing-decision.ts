import type { PairingState } from '../generated/prisma/client.js';

/** How long a code is valid, in milliseconds. */
export const CODE_LASTS_MS = 3_600_000;
/** A chat that goes on writing gets its code again after this long, in milliseconds. */
export const REPEAT_AFTER_MS = 600_000;
/** How long a denied chat gets no answer, in milliseconds. */
export const DENIED_FOR_MS = 86_400_000;
/** Open requests at once: strangers must not bury the operators in questions. */
export const MAX_PENDING = 20;
/** Open requests of one person, for themselves and for groups; people who cannot be distinguished count as one. */
export const MAX_OF_ONE = 3;

/** Requests that are open, but for that of the chat itself. */
export interface OpenRequests {
  readonly all: number;
  /** Open requests of the present asker. */
  readonly ofAsker: number;
}

/** The newest request of a chat. */
export interface LatestPairing {
  readonly id: string;
  readonly code: string;
  readonly state: PairingState;
  /** True if it has expired, whether or not that is recorded. */
  readonly overdue: boolean;
  readonly sinceNotifiedMs: number;
  /** 0 while it is undecided. */
  readonly sinceDecidedMs: number;
}

/** `full`: too many requests wait already, of all or of the asker. */
export type PairingAnswer = 'new' | 'repeat' | 'quiet' | 'full';

/** Decides the answer to a chat without access. @param open other requests. Pure. */
export function decideAnswer(latest: LatestPairing | null, open: OpenRequests): PairingAnswer {
  if (latest?.state === 'pending' && !latest.overdue)
    return latest.sinceNotifiedMs >= REPEAT_AFTER_MS ? 'repeat' : 'quiet';
  if (latest?.state === 'denied' && latest.sinceDecidedMs < DENIED_FOR_MS) return 'quiet';
  return open.all >= MAX_PENDING || open.ofAsker >= MAX_OF_ONE ? 'full' : 'new';
}
