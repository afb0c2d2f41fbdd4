/** The SQL of `EventRepository`. */

/** How long a commit waits for a lock: for another session that stores or changes the same update at this moment. */
const LOCK_WAIT_MS = 100;

/**
 * Telegram keeps an update for a day, and starts a new count after a week without updates. An id that comes again after
 * this long, by the database's clock, belongs to another update.
 */
const REUSED_AFTER = '6 days';

/**
 * Does an event `e` belong to an earlier use of its id? `accounts` is the parameter with the account of each channel.
 */
const isReused = (accounts: string): string => `(
  e.received_at < clock_timestamp() - interval '${REUSED_AFTER}'
  OR coalesce(e.id <= (
    SELECT b.after_event_id FROM channel_accounts b
    WHERE b.channel = e.source AND b.account = ${accounts}::json ->> e.source), false))`;

/**
 * Looks rows up by subqueries with LIMIT, not by EXISTS or JOIN: for those the planner may hash all conversations, or
 * the whole backlog, and keep that plan from when the tables were empty. Each commit would then cost as much as the
 * whole backlog. For the same reason a previous event is found by its id alone: with its state in the query, the
 * planner might read the index of all waiting events.
 *
 * `FOR KEY SHARE` does what a foreign key would, at a third of its cost: an erasure, which locks the conversation,
 * either comes after this commit and finds its events, or comes before it and is seen. It never waits, because all
 * arrivals of the batch would wait with it: `held` is false if another session has locked the conversation, and null if
 * it is gone. An event that is not held goes to the list of `UnconfirmedEvents` in the same commit.
 *
 * `patience` bounds the remaining lock waits of its statement.
 *
 * The events come as one JSON array: unpacking it is cheaper than escaping each value for a PostgreSQL array.
 */
export const STORE_EVENTS = `
  WITH patience AS MATERIALIZED (
    SELECT set_config('lock_timeout', '${LOCK_WAIT_MS}ms', true)
  ), arriving AS MATERIALIZED (
    SELECT a.*, coalesce(
      (SELECT true FROM conversations c WHERE c.id = a.conversation_id AND c.erased_at IS NULL
        LIMIT 1 FOR KEY SHARE SKIP LOCKED),
      (SELECT false FROM conversations c WHERE c.id = a.conversation_id AND c.erased_at IS NULL LIMIT 1),
      CASE WHEN a.conversation_id IS NULL THEN false END) AS held
    FROM patience, ROWS FROM (
      json_to_recordset($1::json) AS (
        source text, external_id text, conversation_id uuid, kind event_kind, payload json, dropped boolean,
        previous bigint)
    ) WITH ORDINALITY AS a (source, external_id, conversation_id, kind, payload, dropped, previous, position)
  ), inserted AS (
    INSERT INTO events (source, external_id, conversation_id, kind, payload, state)
    SELECT a.source, a.external_id, a.conversation_id, a.kind, a.payload,
           CASE WHEN a.dropped THEN 'dropped' ELSE 'waiting' END::event_state
    FROM arriving a
    WHERE a.held IS NOT NULL
    ORDER BY a.position
    ON CONFLICT (source, external_id) DO NOTHING
    RETURNING id, source, external_id, conversation_id
  ), unconfirmed AS (
    INSERT INTO unconfirmed_events (event_id)
    SELECT i.id FROM inserted i
    WHERE (SELECT bool_or(NOT a.held) FROM arriving a)
      AND (i.conversation_id IS NULL
           OR i.conversation_id IN (SELECT a.conversation_id FROM arriving a WHERE NOT a.held))
    RETURNING event_id
  )
  SELECT (SELECT json_agg(id::text ORDER BY id) FROM inserted) AS ids,
         (SELECT json_agg(source || ':' || external_id ORDER BY id) FROM inserted
          HAVING count(*) < (SELECT count(*) FROM arriving)) AS keys,
         (SELECT json_agg(a.previous::text) FROM arriving a
          WHERE (SELECT e.state = 'waiting' FROM events e WHERE e.id = a.previous)) AS waiting,
         (SELECT json_agg(event_id::text) FROM unconfirmed) AS unconfirmed,
         -- Looked up only where something was not inserted.
         CASE WHEN (SELECT count(*) FROM inserted) < (SELECT count(*) FROM arriving) THEN (
           SELECT refuse_reused_ids() FROM arriving a
           WHERE a.held IS NOT NULL AND (
             SELECT ${isReused('$2')} FROM events e
             WHERE e.source = a.source AND e.external_id = a.external_id LIMIT 1)
           LIMIT 1) END AS reused`;

export const KNOWN_EVENTS = `
  SELECT coalesce((
    SELECT NOT ${isReused('$3')} FROM events e
    WHERE e.source = i.source AND e.external_id = i.external_id LIMIT 1), false) AS known
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS i (source, external_id, position) ORDER BY i.position`;

/** An id that another process has set aside meanwhile is no longer taken. */
export const SET_ASIDE = `
  UPDATE events e
  SET external_id = e.external_id || '@' || to_char(e.received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
  WHERE e.id = ANY (ARRAY(
      SELECT (SELECT e.id FROM events e WHERE e.source = i.source AND e.external_id = i.external_id LIMIT 1)
      FROM unnest($1::text[], $2::text[]) AS i (source, external_id)))
    AND e.external_id = ANY ($2::text[]) AND ${isReused('$3')}`;

export const REMEMBER = `
  INSERT INTO channel_accounts (channel, account, after_event_id)
  SELECT i.channel, i.account, CASE
    WHEN (SELECT true FROM channel_accounts b WHERE b.channel = i.channel LIMIT 1)
    THEN (SELECT coalesce(max(e.id), 0) FROM events e) ELSE 0 END
  FROM unnest($1::text[], $2::text[]) AS i (channel, account)
  ON CONFLICT DO NOTHING`;

export const COUNT_WAITING = `
  SELECT (SELECT count(*)::int FROM (
            SELECT 1 FROM events e
            WHERE e.conversation_id = i.id AND e.state = 'waiting' AND e.kind = 'message' LIMIT $2) AS first) AS waiting
  FROM unnest($1::uuid[]) WITH ORDINALITY AS i (id, position) ORDER BY i.position`;
