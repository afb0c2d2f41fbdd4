import type { ModelRequest } from './chaos-model.js';
import { groupBy } from './group-by.js';
import type { Records, ReplyRecord, TurnRecord } from './records.js';
import type { Strike } from './strikes.js';
import type { TelegramCall } from './telegram-proxy.js';
import { plainTerms, type Terms } from './terms.js';

/** A message that was accepted. */
export interface Accepted {
  readonly chat: number;
  readonly token: string;
  readonly updateId: number;
  /** The times of its first delivery and of its 2xx answer: ms since 1970. */
  readonly sentAt: number;
  readonly acceptedAt: number;
}

/** A message that a chat shows in the end. */
export interface Shown {
  readonly chat: number;
  /** The id of the chat that shows it: of a migrated chat, its former or its new one. */
  readonly place: number;
  readonly messageId: number;
  /** The last text of an edited message. */
  readonly text: string;
}

/** A process's message `tool called` or `model answered`: it has committed that step. */
export interface LoggedStep {
  readonly turnId: string;
  readonly index: number;
  /** When it was read, in ms since 1970. */
  readonly at: number;
}

/** The evidence of a round from outside the product, after it has settled. */
export interface Evidence {
  /** Of a chat, in the order of acceptance. */
  readonly sent: readonly Accepted[];
  /** The terms of each chat; default: none. */
  readonly terms: ReadonlyMap<number, Terms>;
  readonly records: Records;
  /** In the order of the chats. */
  readonly shown: readonly Shown[];
  readonly calls: readonly TelegramCall[];
  readonly requests: readonly ModelRequest[];
  readonly loggedSteps: readonly LoggedStep[];
  /** When the conversation of a chat was erased, in ms since 1970. */
  readonly erasedAt: ReadonlyMap<number, number>;
  /** The faults of processes and the database in this round. */
  readonly strikes: readonly Strike[];
  readonly leaseTtlMs: number;
  readonly turnTimeoutMs: number;
}

export type PromiseName = 'lost' | 'order' | 'repeated' | 'twice' | 'stale' | 'uncertain' | 'dead' | 'record';

export interface Violation {
  readonly promise: PromiseName;
  readonly what: string;
}

export const violation = (promise: PromiseName, what: string): Violation[] => [{ promise, what }];

/** The evidence of one chat, with cached look-ups. */
export interface ChatView {
  readonly chat: number;
  readonly terms: Terms;
  readonly sent: readonly Accepted[];
  readonly turns: readonly TurnRecord[];
  readonly replies: readonly ReplyRecord[];
  readonly shown: readonly Shown[];
  /** Calls that make a message. */
  readonly sends: readonly TelegramCall[];
  readonly all: Evidence;
  /** The messages that a turn owns, in order. */
  readonly tokensOfTurn: ReadonlyMap<string, readonly string[]>;
  /** The message that shows this text: a text that replaced another belongs to the same message. */
  readonly messageOf: (token: string) => string;
}

/** Parts the evidence by chat. */
export function chatViews(all: Evidence): ChatView[] {
  const turnOf = new Map(all.records.events.map(({ updateId, turnId }) => [updateId, turnId]));
  return [...groupBy(all.sent, ({ chat }) => chat)].map(([chat, sent]) => {
    const owned = sent.flatMap(({ token, updateId }) => {
      const turnId = turnOf.get(updateId);
      return turnId ? [{ token, turnId }] : [];
    });
    const terms = all.terms.get(chat) ?? plainTerms;
    const joined = new Set(owned.map(({ token }) => token));
    return {
      chat,
      terms,
      messageOf: (token) => (joined.has(token) ? token : (terms.edits.get(token) ?? token)),
      sent,
      turns: all.records.turns.filter((turn) => turn.chat === chat),
      replies: all.records.replies.filter((reply) => reply.chat === chat),
      shown: all.shown.filter((message) => message.chat === chat),
      sends: all.calls.filter((call) => call.chat === chat && call.makes),
      all,
      tokensOfTurn: new Map(
        [...groupBy(owned, ({ turnId }) => turnId)].map(([id, group]) => [
          id,
          group.map(({ token }) => token),
        ]),
      ),
    };
  });
}

/** The model requests of a turn of these messages. */
export const requestsAbout = (
  { all, messageOf }: ChatView,
  own: readonly string[],
): readonly ModelRequest[] =>
  all.requests.filter(({ tokens }) => tokens.some((token) => own.includes(messageOf(token))));
