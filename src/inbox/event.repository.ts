import { Injectable } from '@nestjs/common';
import { DatabaseError, type QueryConfig } from 'pg';
import type { ChannelAccount } from '../channel/channel.js';
import { DatabasePool } from '../platform/database/database-pool.js';
import type { EventKind } from '../generated/prisma/client.js';
import { BoundedMap } from '../platform/runtime/bounded-map.js';
import { COUNT_WAITING, KNOWN_EVENTS, REMEMBER, SET_ASIDE, STORE_EVENTS } from './event-statements.js';

/** The kind of an event in a chat. */
export type ChatEventKind = Exclude<EventKind, 'webhook'>;

/** An event about to be stored. */
export interface NewEvent {
  readonly source: string;
  readonly externalId: string;
  /** Null if it could not be found within milliseconds. */
  readonly conversationId: string | null;
  readonly kind: ChatEventKind;
  /** JSON text, as received. */
  readonly payload: string;
  /** Past the backlog limit: recorded, never processed. */
  readonly dropped: boolean;
}

/**
 * The outcome of a store. `unconfirmed`: stored and listed, because another session has locked its conversation;
 * `gone`: not stored, its conversation was erased meanwhile.
 */
export type StoredEvent =
  | { readonly kind: 'inserted'; readonly laneIdle: boolean }
  | { readonly kind: 'unconfirmed' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'gone' };

/** The answer of a commit, in one row. */
interface StoreRow {
  /** The ids of the inserted events, ascending and so in the given order; null for none. */
  readonly ids: readonly string[] | null;
  /** Their keys in the same order; null if all were inserted. */
  readonly keys: readonly string[] | null;
  /** The previous events that still wait; null for none. */
  readonly waiting: readonly string[] | null;
  /** The ids whose conversation was locked; null for none. */
  readonly unconfirmed: readonly string[] | null;
}

/** Conversations whose last event is remembered. A forgotten one costs a needless wake-up. */
const LAST_EVENTS = 50_000;

/** pg's own limit for one query, which its types leave out: past it the query rejects and its connection is closed. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** The limit of a commit; past it the webhook answers 503 and the update is sent again. */
export const STORE_TIMEOUT_MS = 5_000;

/** SQLSTATE of `refuse_reused_ids()`. */
const REUSED_IDS = 'TP001';

/** Writes the inbox: one statement for many events, on the bare driver, because this is the hot path. */
@Injectable()
export class EventRepository {
  /** The id of the event that this process stored last, for each kind and conversation. */
  private readonly last: Readonly<Record<ChatEventKind, BoundedMap<string, string>>> = {
    message: new BoundedMap(LAST_EVENTS),
    command: new BoundedMap(LAST_EVENTS),
    edit: new BoundedMap(LAST_EVENTS),
  };

  /** The account by which each channel receives, as JSON for the statements. */
  private accounts = '{}';

  constructor(private readonly pool: DatabasePool) {}

  /**
   * Records the account by which each channel receives from now on. After a change of account, earlier events of the
   * channel say nothing about the new account's ids. The first recorded account counts as having always been there.
   */
  async remember(accounts: readonly ChannelAccount[]): Promise<void> {
    await this.pool.query(REMEMBER, [
      accounts.map(({ channel }) => channel),
      accounts.map(({ account }) => account),
    ]);
    this.accounts = JSON.stringify(
      Object.fromEntries(accounts.map(({ channel, account }) => [channel, account])),
    );
  }

  /**
   * Stores all events in one durable statement, in the given order, each at most once by `(source, externalId)`.
   * `laneIdle` says whether the lane needs a wake-up. It is false only if an event of that kind, for which this process
   * woke the lane, still waits in the conversation, by the same snapshot. After a wake-up by another process it is true
   * once more than needed.
   *
   * An id is a duplicate unless its event was received more than six days ago, by the database's clock, or before the
   * channel's present account was first recorded. In those cases the old event's id is set aside, as `<id>@<when>`, and
   * the new event is stored.
   */
  async store(events: readonly NewEvent[]): Promise<StoredEvent[]> {
    const previous = events.map((event) => this.lastOf(event) ?? null);
    const { ids, keys, waiting, unconfirmed } = await this.insertAnew(events, previous);
    const still = new Set(waiting);
    const doubtful = new Set(unconfirmed);
    const inserted = (event: NewEvent, id: string, before: string | null): StoredEvent => {
      if (doubtful.has(id)) return unconfirmedEvent;
      if (!event.dropped && event.conversationId !== null)
        this.last[event.kind].set(event.conversationId, id);
      return before !== null && still.has(before) ? busyLane : idleLane;
    };
    if (keys === null && ids?.length === events.length) {
      return events.map((event, index) => inserted(event, ids[index] ?? '', previous[index] ?? null));
    }
    const idOfKey = new Map(keys?.map((key, index) => [key, ids?.[index] ?? '']));
    const known = await this.areKnown(events);
    return events.map((event, index) => {
      if (known[index] !== true) return { kind: 'gone' };
      const key = keyOf(event);
      const id = idOfKey.get(key);
      if (id === undefined) return { kind: 'duplicate' };
      // Later events with the same key in the batch are its duplicates.
      idOfKey.delete(key);
      return inserted(event, id, previous[index] ?? null);
    });
  }

  /** The events that would be duplicates, in order. */
  async areKnown(events: readonly Pick<NewEvent, 'source' | 'externalId'>[]): Promise<boolean[]> {
    const query: TimedQuery = {
      name: 'known-events',
      text: KNOWN_EVENTS,
      values: [...this.keysOf(events), this.accounts],
      query_timeout: STORE_TIMEOUT_MS,
    };
    return (await this.pool.query<{ known: boolean }>(query)).rows.map(({ known }) => known);
  }

  private lastOf({ kind, conversationId }: NewEvent): string | undefined {
    return conversationId === null ? undefined : this.last[kind].get(conversationId);
  }

  /** All of them or, if an id was reused, none before the old one is set aside: so they keep their order. */
  private async insertAnew(
    events: readonly NewEvent[],
    previous: readonly (string | null)[],
  ): Promise<StoreRow> {
    try {
      return await this.insert(events, previous);
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== REUSED_IDS) throw error;
    }
    await this.setAside(events);
    return await this.insert(events, previous);
  }

  private async insert(events: readonly NewEvent[], previous: readonly (string | null)[]): Promise<StoreRow> {
    const query: TimedQuery = {
      name: 'store-events',
      text: STORE_EVENTS,
      values: [
        `[${events.map((event, index) => arrivingText(event, previous[index] ?? null)).join()}]`,
        this.accounts,
      ],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const { rows } = await this.pool.query<StoreRow>(query);
    return rows[0] ?? { ids: null, keys: null, waiting: null, unconfirmed: null };
  }

  /** A statement of its own: if the store fails after it, the update comes again and finds its id unused. */
  private async setAside(events: readonly NewEvent[]): Promise<void> {
    const query: TimedQuery = {
      name: 'set-aside-events',
      text: SET_ASIDE,
      values: [...this.keysOf(events), this.accounts],
      query_timeout: STORE_TIMEOUT_MS,
    };
    await this.pool.query(query);
  }

  private keysOf(events: readonly Pick<NewEvent, 'source' | 'externalId'>[]): [string[], string[]] {
    return [events.map(({ source }) => source), events.map(({ externalId }) => externalId)];
  }

  /** The number of waiting messages in each of these conversations, in order, counted no further than `limit`. */
  async countWaiting(conversationIds: readonly string[], limit: number): Promise<number[]> {
    const query: TimedQuery = {
      name: 'count-waiting',
      text: COUNT_WAITING,
      values: [conversationIds, limit],
      query_timeout: STORE_TIMEOUT_MS,
    };
    const { rows } = await this.pool.query<{ waiting: number }>(query);
    return rows.map(({ waiting }) => waiting);
  }
}

const idleLane: StoredEvent = { kind: 'inserted', laneIdle: true };
const busyLane: StoredEvent = { kind: 'inserted', laneIdle: false };
const unconfirmedEvent: StoredEvent = { kind: 'unconfirmed' };

const keyOf = ({ source, externalId }: NewEvent): string => `${source}:${externalId}`;

/** One row of `arriving`, as JSON. The payload goes in as its original text. */
function arrivingText(event: NewEvent, previous: string | null): string {
  const { source, externalId, conversationId, kind, payload, dropped } = event;
  return (
    `{"source":${JSON.stringify(source)},"external_id":${JSON.stringify(externalId)},` +
    `"conversation_id":${JSON.stringify(conversationId)},"kind":"${kind}","dropped":${dropped},` +
    `"previous":${previous},"payload":${payload}}`
  );
}
