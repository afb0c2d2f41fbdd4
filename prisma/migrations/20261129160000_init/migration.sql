-- The whole schema at the first release, by domain. Columns stand in the order of the fields in prisma/schema.prisma,
-- which describes them. What a Prisma schema cannot express is here alone: partial and expression indexes, the fill
-- factor, the function. Foreign keys are at the end.

---------------------------------------------------------------------------------------------------------------------
-- Conversations and people
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE conversation_status AS ENUM ('active', 'paused', 'blocked');
CREATE TYPE busy_mode AS ENUM ('queue', 'steer', 'interrupt', 'collect');

CREATE TABLE conversations (
  id                    UUID PRIMARY KEY,
  channel               TEXT NOT NULL,
  chat_id               TEXT NOT NULL,
  thread_id             TEXT NOT NULL DEFAULT '',
  chat_type             TEXT NOT NULL,
  title                 TEXT,
  username              TEXT,
  status                conversation_status NOT NULL DEFAULT 'active',
  busy_mode             busy_mode,
  epoch                 INTEGER NOT NULL DEFAULT 0,
  epoch_since           BIGINT NOT NULL DEFAULT 0,
  message_count         INTEGER NOT NULL DEFAULT 0,
  last_message_at       TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  model                 TEXT,
  system_prompt         TEXT,
  tools                 JSONB,
  output_check          BOOLEAN NOT NULL DEFAULT false,
  overflow_notified_at  TIMESTAMPTZ(6),
  refusal_notified_at   TIMESTAMPTZ(6),
  unreachable_at        TIMESTAMPTZ(6),
  via                   TEXT,
  bot_streak            INTEGER NOT NULL DEFAULT 0,
  answers_all           BOOLEAN NOT NULL DEFAULT false,
  context_messages      INTEGER,
  created_at            TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- An erasure has stages. First it sets these two and gives the row a channel of its own, so that
  -- (channel, chat_id, thread_id) is free for a new conversation. Then the rows go, in many transactions.
  erased_at             TIMESTAMPTZ(6),
  erased_from           TEXT
);
CREATE INDEX conversations_last_message_at_id_idx ON conversations (last_message_at DESC, id DESC);
CREATE UNIQUE INDEX conversations_channel_chat_id_thread_id_key ON conversations (channel, chat_id, thread_id);
-- The sweep continues unfinished erasures. Listings leave these conversations out.
CREATE INDEX conversations_being_erased ON conversations (id) WHERE erased_at IS NOT NULL;

-- Where epochs begin.
CREATE TABLE resets (
  conversation_id  UUID NOT NULL,
  event_id         BIGINT NOT NULL,
  epoch            INTEGER NOT NULL,
  PRIMARY KEY (conversation_id, event_id)
);

CREATE TABLE people (
  channel        TEXT NOT NULL,
  user_id        TEXT NOT NULL,
  is_chat        BOOLEAN NOT NULL DEFAULT false,
  first_name     TEXT NOT NULL,
  last_name      TEXT,
  username       TEXT,
  language_code  TEXT,
  updated_at     TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (channel, user_id)
);

-- Chats that got another id.
CREATE TABLE chat_migrations (
  channel       TEXT NOT NULL,
  from_chat_id  TEXT NOT NULL,
  to_chat_id    TEXT NOT NULL,
  migrated_at   TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  PRIMARY KEY (channel, from_chat_id)
);

-- Conversations that are put into others, in batches. The row goes with either of the two.
CREATE TABLE conversation_merges (
  gone_id       UUID PRIMARY KEY,
  keep_id       UUID NOT NULL,
  epoch_offset  INTEGER NOT NULL
);
CREATE INDEX conversation_merges_keep_id_idx ON conversation_merges (keep_id);

-- How far the group context of erased groups went, kept for as long as their updates may come again.
CREATE TABLE erased_groups (
  channel    TEXT NOT NULL,
  chat_id    TEXT NOT NULL,
  thread_id  TEXT NOT NULL,
  newest     BIGINT NOT NULL,
  erased_at  TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  PRIMARY KEY (channel, chat_id, thread_id)
);

---------------------------------------------------------------------------------------------------------------------
-- Access. These rows name a user only by the id: they outlive the erasure of what is known of the person.
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE person_role AS ENUM ('user', 'admin', 'owner');
CREATE TYPE pairing_state AS ENUM ('pending', 'approved', 'denied', 'expired');

CREATE TABLE person_access (
  channel     TEXT NOT NULL,
  user_id     TEXT NOT NULL,
  role        person_role,
  blocked_at  TIMESTAMPTZ(6),
  PRIMARY KEY (channel, user_id)
);
-- The people who are asked about requests.
CREATE INDEX person_access_deciders ON person_access (channel, user_id) WHERE role IN ('admin', 'owner');

CREATE TABLE person_tools (
  channel  TEXT NOT NULL,
  user_id  TEXT NOT NULL,
  tools    JSONB NOT NULL,
  PRIMARY KEY (channel, user_id)
);

CREATE TABLE admitted_chats (
  channel      TEXT NOT NULL,
  chat_id      TEXT NOT NULL,
  admitted_at  TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  PRIMARY KEY (channel, chat_id)
);

CREATE TABLE pairings (
  id               UUID PRIMARY KEY,
  channel          TEXT NOT NULL,
  chat_id          TEXT NOT NULL,
  of_group         BOOLEAN NOT NULL DEFAULT false,
  conversation_id  UUID NOT NULL,
  code             TEXT NOT NULL,
  state            pairing_state NOT NULL DEFAULT 'pending',
  user_id          TEXT,
  name             TEXT,
  username         TEXT,
  title            TEXT,
  language_code    TEXT,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  expires_at       TIMESTAMPTZ(6) NOT NULL,
  notified_at      TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  asked_at         TIMESTAMPTZ(6),
  decided_by       TEXT,
  decided_at       TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX pairings_channel_chat_id_key ON pairings (channel, chat_id);
CREATE INDEX pairings_conversation_id_idx ON pairings (conversation_id);
CREATE INDEX pairings_state_id_idx ON pairings (state, id DESC);
-- A code names one request for as long as the request is open.
CREATE UNIQUE INDEX pairings_open_code ON pairings (code) WHERE state = 'pending';

---------------------------------------------------------------------------------------------------------------------
-- Inbox
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE event_kind AS ENUM ('message', 'command', 'edit', 'webhook');
CREATE TYPE event_state AS ENUM ('waiting', 'claimed', 'done', 'dropped', 'dead', 'erased');

-- Every inbound event pays for what is here. conversation_id therefore has no foreign key (the statement that stores
-- events takes the key's lock itself), and a waiting event is in no index but events_waiting and the unique one.
CREATE TABLE events (
  id               BIGSERIAL PRIMARY KEY,
  source           TEXT NOT NULL,
  external_id      TEXT NOT NULL,
  conversation_id  UUID,
  kind             event_kind NOT NULL,
  state            event_state NOT NULL DEFAULT 'waiting',
  payload          JSON,
  received_at      TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  turn_id          UUID,
  late_edit        BOOLEAN NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX events_source_external_id_key ON events (source, external_id);
-- The next events of a conversation in the order of their arrival, and the sweep over all conversations.
CREATE INDEX events_waiting ON events (conversation_id, id) WHERE state = 'waiting';
-- The events of a turn. Waiting ones have none.
CREATE INDEX events_of_turn ON events (turn_id) WHERE turn_id IS NOT NULL;
-- Together with events_waiting: all events of a conversation.
CREATE INDEX events_settled ON events (conversation_id) WHERE state <> 'waiting' AND conversation_id IS NOT NULL;
-- What retention has yet to remove, oldest first: raw payloads of finished events.
CREATE INDEX events_kept_payload ON events (received_at, id)
  WHERE payload IS NOT NULL AND state IN ('done', 'dropped', 'dead');

-- The webhooks of a source that its triggers have yet to see, in the order of their arrival.
CREATE INDEX events_to_route ON events (source, id) WHERE kind = 'webhook' AND state = 'waiting';

-- Waiting events whose handling has failed.
CREATE TABLE event_failures (
  event_id         BIGINT PRIMARY KEY,
  conversation_id  UUID NOT NULL,
  attempts         INTEGER NOT NULL DEFAULT 0,
  outages          INTEGER NOT NULL DEFAULT 0,
  first_error      TEXT NOT NULL,
  last_error       TEXT NOT NULL,
  deferred_at      TIMESTAMPTZ(6) NOT NULL,
  available_at     TIMESTAMPTZ(6) NOT NULL
);
CREATE INDEX event_failures_conversation_id_idx ON event_failures (conversation_id);

-- Stored events whose conversation has yet to be looked at.
CREATE TABLE unconfirmed_events (
  event_id  BIGINT PRIMARY KEY
);

CREATE TABLE channel_accounts (
  channel         TEXT NOT NULL,
  account         TEXT NOT NULL,
  after_event_id  BIGINT NOT NULL,
  PRIMARY KEY (channel, account)
);

-- The statement that stores events calls it where a source has given out an id anew: the error ends the statement with a
-- code of its own. See STORE_EVENTS in src/inbox.
CREATE FUNCTION refuse_reused_ids() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an external id was given out anew' USING ERRCODE = 'TP001';
END $$;

---------------------------------------------------------------------------------------------------------------------
-- Sources of webhooks, and triggers
---------------------------------------------------------------------------------------------------------------------

CREATE TABLE sources (
  id               UUID PRIMARY KEY,
  name             TEXT NOT NULL,
  preset           TEXT NOT NULL,
  hmac             JSON,
  id_from          TEXT,
  max_body_bytes   INTEGER NOT NULL,
  rate_per_minute  INTEGER,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX sources_name_key ON sources (name);

CREATE TABLE source_secrets (
  id          UUID PRIMARY KEY,
  source_id   UUID NOT NULL,
  sealed      BYTEA NOT NULL,
  created_at  TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX source_secrets_source_id_idx ON source_secrets (source_id);

-- The target is a conversation or a chat.
CREATE TABLE triggers (
  id               UUID PRIMARY KEY,
  name             TEXT NOT NULL,
  source_id        UUID NOT NULL,
  enabled          BOOLEAN NOT NULL DEFAULT true,
  filter           TEXT,
  key              TEXT,
  prompt           TEXT NOT NULL,
  instruction      TEXT,
  conversation_id  UUID,
  channel          TEXT,
  chat_id          TEXT,
  thread_id        TEXT,
  terms            JSON,
  quiet_ms         INTEGER,
  max_wait_ms      INTEGER,
  max_events       INTEGER,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CHECK ((conversation_id IS NULL) = (channel IS NOT NULL AND chat_id IS NOT NULL AND thread_id IS NOT NULL)),
  CHECK (num_nonnulls(quiet_ms, max_wait_ms, max_events) IN (0, 3))
);
CREATE UNIQUE INDEX triggers_name_key ON triggers (name);
CREATE INDEX triggers_source_id_idx ON triggers (source_id);

-- trigger_id has no foreign key: the webhooks of a removed trigger get their outcome.
CREATE TABLE coalescing_windows (
  id          UUID PRIMARY KEY,
  trigger_id  UUID NOT NULL,
  source      TEXT NOT NULL,
  key         TEXT NOT NULL,
  is_open     BOOLEAN NOT NULL DEFAULT true,
  size        INTEGER NOT NULL DEFAULT 0,
  opened_at   TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  changed_at  TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  closes_at   TIMESTAMPTZ(6) NOT NULL
);
CREATE UNIQUE INDEX coalescing_windows_open ON coalescing_windows (trigger_id, key) WHERE is_open;
CREATE INDEX coalescing_windows_source_closes_at_idx ON coalescing_windows (source, closes_at);

CREATE TABLE coalesced_webhooks (
  window_id  UUID NOT NULL,
  event_id   BIGINT NOT NULL,
  text       TEXT NOT NULL,
  PRIMARY KEY (window_id, event_id)
);

CREATE TYPE trigger_result AS ENUM ('accepted', 'filtered', 'failed');

CREATE TABLE webhook_replays (
  id               UUID PRIMARY KEY,
  source           TEXT,
  trigger_id       UUID,
  result           trigger_result,
  received_from    TIMESTAMPTZ(6),
  received_to      TIMESTAMPTZ(6),
  rate_per_second  INTEGER NOT NULL,
  after_id         BIGINT NOT NULL DEFAULT 0,
  until_id         BIGINT NOT NULL,
  replayed         INTEGER NOT NULL DEFAULT 0,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  ran_at           TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  ended_at         TIMESTAMPTZ(6)
);
CREATE INDEX webhook_replays_running ON webhook_replays (ran_at) WHERE ended_at IS NULL;

-- trigger_id has no foreign key: an outcome outlives its trigger.
CREATE TABLE trigger_outcomes (
  event_id          BIGINT NOT NULL,
  trigger_id        UUID NOT NULL,
  result            trigger_result NOT NULL,
  code              TEXT,
  reason            TEXT,
  key               TEXT,
  message_event_id  BIGINT,
  created_at        TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (event_id, trigger_id)
);
CREATE INDEX trigger_outcomes_trigger_id_event_id_idx ON trigger_outcomes (trigger_id, event_id);

---------------------------------------------------------------------------------------------------------------------
-- Turns
--
-- Here and below, transaction_timestamp() is the database's clock: a column that Prisma knows by now() gets the clock of
-- the machine that writes it. deferred_at and available_at: work that was deferred waits only between the two, so that a
-- clock that is set back makes it wait for no hour twice. deferred_at is null where it was never deferred.
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE turn_state AS ENUM ('waiting', 'running', 'done', 'failed', 'cancelled', 'parked');
CREATE TYPE turn_feedback AS ENUM ('up', 'down');
CREATE TYPE step_kind AS ENUM ('model', 'tool');
CREATE TYPE approval_state AS ENUM ('pending', 'approved', 'denied', 'expired');

-- corrects_id and continues_id have no foreign key: to check one would read all turns.
CREATE TABLE turns (
  id                           UUID PRIMARY KEY,
  conversation_id              UUID NOT NULL,
  state                        turn_state NOT NULL DEFAULT 'running',
  attempts                     INTEGER NOT NULL DEFAULT 0,
  takeovers                    INTEGER NOT NULL DEFAULT 0,
  outages                      INTEGER NOT NULL DEFAULT 0,
  deaths                       INTEGER NOT NULL DEFAULT 0,
  death_steps                  INTEGER NOT NULL DEFAULT 0,
  -- Runs in a row that a process handed back because it was asked to end, without a new step in between.
  hand_backs                   INTEGER NOT NULL DEFAULT 0,
  epoch                        INTEGER NOT NULL,
  available_at                 TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  deferred_at                  TIMESTAMPTZ(6),
  spent_ms                     INTEGER NOT NULL DEFAULT 0,
  model                        TEXT,
  input_tokens                 INTEGER NOT NULL DEFAULT 0,
  output_tokens                INTEGER NOT NULL DEFAULT 0,
  transcription_input_tokens   INTEGER NOT NULL DEFAULT 0,
  transcription_output_tokens  INTEGER NOT NULL DEFAULT 0,
  transcription_micro_usd      BIGINT NOT NULL DEFAULT 0,
  micro_usd                    BIGINT NOT NULL DEFAULT 0,
  user_id                      TEXT,
  corrects_id                  BIGINT,
  continues_id                 UUID,
  error_code                   TEXT,
  error                        TEXT,
  first_error                  TEXT,
  started_at                   TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  finished_at                  TIMESTAMPTZ(6),
  feedback                     turn_feedback,
  feedback_at                  TIMESTAMPTZ(6)
);
CREATE INDEX turns_conversation_id_id_idx ON turns (conversation_id, id);
-- One running turn in a conversation, whatever the code believes.
CREATE UNIQUE INDEX turns_one_running ON turns (conversation_id) WHERE state = 'running';
-- Unfinished turns, for runs and the sweep.
CREATE INDEX turns_open ON turns (conversation_id) WHERE state IN ('waiting', 'running');

CREATE TABLE steps (
  turn_id         UUID NOT NULL,
  index           INTEGER NOT NULL,
  kind            step_kind NOT NULL,
  name            TEXT NOT NULL,
  request_digest  TEXT NOT NULL,
  result          JSONB NOT NULL,
  error           TEXT,
  input_tokens    INTEGER NOT NULL DEFAULT 0,
  output_tokens   INTEGER NOT NULL DEFAULT 0,
  micro_usd       BIGINT NOT NULL DEFAULT 0,
  started_at      TIMESTAMPTZ(6) NOT NULL,
  ended_at        TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (turn_id, index)
);

CREATE TABLE approvals (
  id               UUID PRIMARY KEY,
  turn_id          UUID NOT NULL,
  step_index       INTEGER NOT NULL,
  conversation_id  UUID NOT NULL,
  tool             TEXT NOT NULL,
  arguments        TEXT NOT NULL,
  asked_by         TEXT,
  state            approval_state NOT NULL DEFAULT 'pending',
  decided_by       TEXT,
  reason           TEXT,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  expires_at       TIMESTAMPTZ(6) NOT NULL,
  decided_at       TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX approvals_turn_id_step_index_key ON approvals (turn_id, step_index);
CREATE INDEX approvals_conversation_id_idx ON approvals (conversation_id);
-- What waits for a decision, for the sweep and for the operator: what expires first comes first.
CREATE INDEX approvals_pending ON approvals (expires_at) WHERE state = 'pending';

-- What of the group's talk a turn shows the model.
CREATE TABLE turn_group_contexts (
  turn_id          UUID PRIMARY KEY,
  conversation_id  UUID NOT NULL,
  text             TEXT NOT NULL
);
CREATE INDEX turn_group_contexts_conversation_id_idx ON turn_group_contexts (conversation_id);

---------------------------------------------------------------------------------------------------------------------
-- History and memory
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE message_role AS ENUM ('user', 'assistant', 'operator');

CREATE TABLE messages (
  id                  BIGSERIAL PRIMARY KEY,
  conversation_id     UUID NOT NULL,
  epoch               INTEGER NOT NULL,
  role                message_role NOT NULL,
  text                TEXT NOT NULL,
  author              TEXT,
  channel_message_id  TEXT,
  position            BIGINT,
  turn_id             UUID,
  step_index          INTEGER,
  created_at          TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  edited_at           TIMESTAMPTZ(6),
  attachments         JSONB,
  outside             BOOLEAN NOT NULL DEFAULT false
);
CREATE INDEX messages_conversation_id_id_idx ON messages (conversation_id, id);
CREATE INDEX messages_conversation_id_epoch_id_idx ON messages (conversation_id, epoch, id);
CREATE INDEX messages_turn_id_idx ON messages (turn_id);
-- search_history. Queries have to ask for exactly this expression.
CREATE INDEX messages_search ON messages USING gin (to_tsvector('simple', text));

-- A key that an operator gave with a message.
CREATE TABLE operator_keys (
  message_id       BIGINT PRIMARY KEY,
  conversation_id  UUID NOT NULL,
  key              TEXT NOT NULL
);
CREATE UNIQUE INDEX operator_keys_conversation_id_key_key ON operator_keys (conversation_id, key);

CREATE TABLE group_context_messages (
  conversation_id  UUID NOT NULL,
  position         BIGINT NOT NULL,
  author           TEXT,
  text             TEXT NOT NULL,
  said_at          TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  PRIMARY KEY (conversation_id, position)
);

CREATE TABLE facts (
  id               BIGSERIAL PRIMARY KEY,
  conversation_id  UUID NOT NULL,
  text             TEXT NOT NULL,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX facts_conversation_id_text_key ON facts (conversation_id, text);

CREATE TABLE summaries (
  conversation_id  UUID NOT NULL,
  epoch            INTEGER NOT NULL,
  text             TEXT NOT NULL DEFAULT '',
  covers_from      BIGINT NOT NULL DEFAULT 0,
  covers_until     BIGINT NOT NULL DEFAULT 0,
  model            TEXT,
  tokens           INTEGER NOT NULL DEFAULT 0,
  outside          BOOLEAN NOT NULL DEFAULT false,
  asked_until      BIGINT NOT NULL DEFAULT 0,
  due_at           TIMESTAMPTZ(6),
  deferred_at      TIMESTAMPTZ(6),
  attempts         INTEGER NOT NULL DEFAULT 0,
  error            TEXT,
  PRIMARY KEY (conversation_id, epoch)
);
-- What is to be summarised, for the sweep.
CREATE INDEX summaries_due ON summaries (conversation_id) WHERE due_at IS NOT NULL;

---------------------------------------------------------------------------------------------------------------------
-- Delivery
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE reply_state AS ENUM ('pending', 'sending', 'sent', 'uncertain', 'failed');
CREATE TYPE reply_class AS ENUM ('interactive', 'background');
CREATE TYPE draft_state AS ENUM ('sending', 'shown');

CREATE TABLE replies (
  id                  BIGSERIAL PRIMARY KEY,
  conversation_id     UUID NOT NULL,
  turn_id             UUID,
  message_id          BIGINT,
  question_id         UUID,
  part                INTEGER NOT NULL DEFAULT 0,
  body                JSONB NOT NULL,
  state               reply_state NOT NULL DEFAULT 'pending',
  class               reply_class NOT NULL DEFAULT 'interactive',
  attempts            INTEGER NOT NULL DEFAULT 0,
  unknown_sends       INTEGER NOT NULL DEFAULT 0,
  available_at        TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  deferred_at         TIMESTAMPTZ(6),
  gated_at            TIMESTAMPTZ(6),
  sending_at          TIMESTAMPTZ(6),
  channel_message_id  TEXT,
  error               TEXT,
  first_error         TEXT,
  created_at          TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  settled_at          TIMESTAMPTZ(6)
);
CREATE INDEX replies_message_id_idx ON replies (message_id);
CREATE INDEX replies_conversation_id_id_idx ON replies (conversation_id, id);
CREATE INDEX replies_turn_id_idx ON replies (turn_id);
-- The next replies of a conversation in order, and the sweep.
CREATE INDEX replies_open ON replies (conversation_id, id) WHERE settled_at IS NULL;
-- What retention has yet to remove, oldest first. An open reply is not in it, so the insert does not pay for it.
CREATE INDEX replies_settled ON replies (settled_at, id) WHERE settled_at IS NOT NULL;
-- The message that asks for an approval: it is edited after the decision.
CREATE INDEX replies_of_question ON replies (question_id) WHERE question_id IS NOT NULL;

CREATE TABLE drafts (
  turn_id             UUID PRIMARY KEY,
  state               draft_state NOT NULL DEFAULT 'sending',
  channel_message_id  TEXT,
  text                TEXT NOT NULL,
  is_message          BOOLEAN NOT NULL DEFAULT true,
  editing_since       TIMESTAMPTZ(6)
);

CREATE TABLE late_edits (
  conversation_id     UUID NOT NULL,
  channel_message_id  TEXT NOT NULL,
  marks               INTEGER NOT NULL DEFAULT 1,
  tries               INTEGER NOT NULL DEFAULT 0,
  gated               BOOLEAN NOT NULL DEFAULT false,
  until               TIMESTAMPTZ(6) NOT NULL,
  confirm_at          TIMESTAMPTZ(6) NOT NULL,
  put_off_at          TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  created_at          TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (conversation_id, channel_message_id)
);

CREATE TABLE wait_notices (
  conversation_id     UUID PRIMARY KEY,
  event_id            BIGINT NOT NULL,
  channel_message_id  TEXT
);

-- A row of a bot changes with every send. The fill factor leaves room for its versions on the page it is on.
CREATE TABLE flood_windows (
  key               TEXT PRIMARY KEY,
  hits              DOUBLE PRECISION[],
  paused_until      TIMESTAMPTZ(6),
  limited_at        TIMESTAMPTZ(6),
  interactive_line  DOUBLE PRECISION[],
  background_line   DOUBLE PRECISION[],
  expires_at        TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp()
) WITH (fillfactor = 50);
CREATE INDEX flood_windows_expires_at_idx ON flood_windows (expires_at);
-- The chats that were limited of late.
CREATE INDEX flood_windows_limited ON flood_windows (limited_at) WHERE limited_at IS NOT NULL;

---------------------------------------------------------------------------------------------------------------------
-- Models and budgets
---------------------------------------------------------------------------------------------------------------------

-- In the order in which their rows are locked.
CREATE TYPE budget_scope AS ENUM ('user', 'chat', 'all');

CREATE TABLE budget_days (
  day                 DATE NOT NULL,
  scope               budget_scope NOT NULL,
  key                 TEXT NOT NULL,
  spent_tokens        BIGINT NOT NULL DEFAULT 0,
  spent_micro_usd     BIGINT NOT NULL DEFAULT 0,
  reserved_tokens     BIGINT NOT NULL DEFAULT 0,
  reserved_micro_usd  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (day, scope, key)
);
CREATE INDEX budget_days_scope_key_day_idx ON budget_days (scope, key, day);

CREATE TABLE budget_reservations (
  turn_id    UUID NOT NULL,
  scope      budget_scope NOT NULL,
  day        DATE NOT NULL,
  key        TEXT NOT NULL,
  tokens     BIGINT NOT NULL,
  micro_usd  BIGINT NOT NULL,
  PRIMARY KEY (turn_id, scope)
);

CREATE TABLE summary_reservations (
  conversation_id  UUID NOT NULL,
  scope            budget_scope NOT NULL,
  day              DATE NOT NULL,
  key              TEXT NOT NULL,
  tokens           BIGINT NOT NULL,
  micro_usd        BIGINT NOT NULL,
  PRIMARY KEY (conversation_id, scope)
);

CREATE TABLE model_circuits (
  provider   TEXT NOT NULL,
  model      TEXT NOT NULL,
  failures   INTEGER NOT NULL,
  trips      INTEGER NOT NULL,
  code       TEXT NOT NULL,
  lasting    BOOLEAN NOT NULL,
  failed_at  TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  retry_at   TIMESTAMPTZ(6),
  PRIMARY KEY (provider, model)
);

---------------------------------------------------------------------------------------------------------------------
-- Schedules
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE schedule_kind AS ENUM ('reminder', 'task');
CREATE TYPE schedule_state AS ENUM ('planned', 'done', 'cancelled');

CREATE TYPE missed_policy AS ENUM ('none', 'one', 'all');
CREATE TYPE overlap_policy AS ENUM ('skip', 'queue');
CREATE TYPE schedule_run_state AS ENUM ('fired', 'missed', 'skipped');

CREATE TABLE schedules (
  id               UUID PRIMARY KEY,
  conversation_id  UUID NOT NULL,
  number           INTEGER NOT NULL,
  kind             schedule_kind NOT NULL,
  text             TEXT NOT NULL,
  cron             TEXT,
  time_zone        TEXT NOT NULL DEFAULT 'UTC',
  every_minutes    INTEGER,
  missed           missed_policy NOT NULL DEFAULT 'one',
  overlap          overlap_policy NOT NULL DEFAULT 'skip',
  next_at          TIMESTAMPTZ(3) NOT NULL,
  state            schedule_state NOT NULL DEFAULT 'planned',
  created_by       TEXT,
  idempotency_key  TEXT,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
  last_fired_at    TIMESTAMPTZ(6),
  ended_at         TIMESTAMPTZ(6)
);
CREATE TABLE schedule_runs (
  schedule_id  UUID NOT NULL,
  due_at       TIMESTAMPTZ(3) NOT NULL,
  state        schedule_run_state NOT NULL,
  code         TEXT,
  created_at   TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (schedule_id, due_at)
);
CREATE UNIQUE INDEX schedules_idempotency_key_key ON schedules (idempotency_key);
CREATE INDEX schedules_conversation_id_id_idx ON schedules (conversation_id, id);
CREATE UNIQUE INDEX schedules_conversation_id_number_key ON schedules (conversation_id, number);
-- What the sweep looks for, in the order in which it is due.
CREATE INDEX schedules_due ON schedules (next_at) WHERE state = 'planned';
-- What retention has yet to remove, oldest first.
CREATE INDEX schedules_ended ON schedules (ended_at, id) WHERE ended_at IS NOT NULL;

---------------------------------------------------------------------------------------------------------------------
-- Lanes, dead letters and the deployment
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE lane AS ENUM ('turns', 'deliveries', 'summaries');
CREATE TYPE dead_letter_kind AS ENUM ('event', 'turn', 'reply');

CREATE TABLE leases (
  conversation_id  UUID NOT NULL,
  lane             lane NOT NULL,
  token            BIGINT NOT NULL,
  expires_at       TIMESTAMPTZ(6) NOT NULL,
  PRIMARY KEY (conversation_id, lane)
);

CREATE TABLE dead_letters (
  id               UUID PRIMARY KEY,
  kind             dead_letter_kind NOT NULL,
  subject_id       TEXT NOT NULL,
  conversation_id  UUID,
  reason           TEXT NOT NULL,
  attempts         INTEGER NOT NULL,
  first_error      TEXT,
  last_error       TEXT NOT NULL,
  payload          JSONB,
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX dead_letters_created_at_id_idx ON dead_letters (created_at DESC, id DESC);
CREATE INDEX dead_letters_conversation_id_idx ON dead_letters (conversation_id);
CREATE UNIQUE INDEX dead_letters_kind_subject_id_key ON dead_letters (kind, subject_id);

CREATE TABLE throttle_windows (
  key         TEXT PRIMARY KEY,
  hits        DOUBLE PRECISION[],
  expires_at  TIMESTAMPTZ(6) NOT NULL
);
CREATE INDEX throttle_windows_expires_at_idx ON throttle_windows (expires_at);

CREATE TABLE deployment_secrets (
  name   TEXT PRIMARY KEY,
  value  TEXT NOT NULL
);

CREATE TABLE heartbeats (
  name     TEXT PRIMARY KEY,
  beat_at  TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);

---------------------------------------------------------------------------------------------------------------------
-- Notifications. Triggers write them: whoever makes a dead letter tells of it, in the same transaction.
---------------------------------------------------------------------------------------------------------------------

CREATE TYPE notification_delivery_state AS ENUM ('pending', 'delivered', 'failed');

CREATE TABLE notifications (
  id          BIGSERIAL PRIMARY KEY,
  message_id  UUID NOT NULL DEFAULT gen_random_uuid(),
  type        TEXT NOT NULL,
  data        JSON NOT NULL,
  once_key    TEXT,
  created_at  TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  alerted_at  TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX notifications_once_key_key ON notifications (once_key);
-- What no alert has told yet.
CREATE INDEX notifications_to_alert ON notifications (id) WHERE alerted_at IS NULL;
-- What retention has yet to remove, oldest first.
CREATE INDEX notifications_created_at_id_idx ON notifications (created_at, id);

CREATE TABLE notification_endpoints (
  id               UUID PRIMARY KEY,
  url              TEXT NOT NULL,
  description      TEXT,
  types            TEXT[],
  sealed           BYTEA NOT NULL,
  previous_sealed  BYTEA,
  rotated_at       TIMESTAMPTZ(6),
  enabled          BOOLEAN NOT NULL DEFAULT true,
  failing_since    TIMESTAMPTZ(6),
  created_at       TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);

-- No foreign keys: whoever tells of something waits for no endpoint that is being changed.
CREATE TABLE notification_deliveries (
  id               BIGSERIAL PRIMARY KEY,
  endpoint_id      UUID NOT NULL,
  notification_id  BIGINT NOT NULL,
  state            notification_delivery_state NOT NULL DEFAULT 'pending',
  attempts         INTEGER NOT NULL DEFAULT 0,
  available_at     TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
  deferred_at      TIMESTAMPTZ(6),
  status           INTEGER,
  error            TEXT,
  settled_at       TIMESTAMPTZ(6)
);
CREATE UNIQUE INDEX notification_deliveries_endpoint_id_notification_id_key
  ON notification_deliveries (endpoint_id, notification_id);
-- What is due of an endpoint: by the end of its deferral, or by its start after the clock was set back.
CREATE INDEX notification_deliveries_due ON notification_deliveries (endpoint_id, available_at)
  WHERE state = 'pending';
CREATE INDEX notification_deliveries_deferred ON notification_deliveries (endpoint_id, deferred_at)
  WHERE state = 'pending';
CREATE INDEX notification_deliveries_of_endpoint ON notification_deliveries (endpoint_id, id);
CREATE INDEX notification_deliveries_notification_id_idx ON notification_deliveries (notification_id);

CREATE TABLE alert_chats (
  chat_id   TEXT PRIMARY KEY,
  told_at   TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp()
);

-- What happens all the time is told only to an endpoint that wants it, and by no alert.
CREATE FUNCTION tell_operators(what TEXT, told JSON, once TEXT DEFAULT NULL) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  is_usual CONSTANT BOOLEAN := what IN ('turn.finished', 'reply.sent', 'approval.needed');
  told_id BIGINT;
BEGIN
  IF is_usual AND NOT EXISTS (SELECT FROM notification_endpoints WHERE enabled AND what = ANY (types)) THEN
    RETURN;
  END IF;
  INSERT INTO notifications (type, data, once_key, alerted_at)
  VALUES (what, told, once, CASE WHEN is_usual THEN clock_timestamp() END)
  ON CONFLICT (once_key) DO NOTHING
  RETURNING id INTO told_id;
  INSERT INTO notification_deliveries (endpoint_id, notification_id)
  SELECT id, told_id FROM notification_endpoints WHERE told_id IS NOT NULL AND enabled AND what = ANY (types);
END
$$;

CREATE FUNCTION tell_dead_letter() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_operators('dead_letter.created', json_build_object(
    'deadLetterId', NEW.id, 'kind', NEW.kind, 'subjectId', NEW.subject_id,
    'conversationId', NEW.conversation_id, 'reason', NEW.reason));
  RETURN NULL;
END
$$;
CREATE TRIGGER dead_letters_told AFTER INSERT ON dead_letters FOR EACH ROW EXECUTE FUNCTION tell_dead_letter();

CREATE FUNCTION tell_approval() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_operators('approval.needed', json_build_object(
    'approvalId', NEW.id, 'turnId', NEW.turn_id, 'conversationId', NEW.conversation_id, 'tool', NEW.tool));
  RETURN NULL;
END
$$;
CREATE TRIGGER approvals_told AFTER INSERT ON approvals FOR EACH ROW EXECUTE FUNCTION tell_approval();

CREATE FUNCTION tell_turn() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_operators('turn.finished', json_build_object(
    'turnId', NEW.id, 'conversationId', NEW.conversation_id, 'state', NEW.state, 'code', NEW.error_code,
    'model', NEW.model, 'inputTokens', NEW.input_tokens, 'outputTokens', NEW.output_tokens));
  RETURN NULL;
END
$$;
CREATE TRIGGER turns_told AFTER UPDATE OF state ON turns FOR EACH ROW
  WHEN (NEW.state IN ('done', 'failed', 'cancelled') AND OLD.state <> NEW.state) EXECUTE FUNCTION tell_turn();

CREATE FUNCTION tell_reply() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tell_operators('reply.sent', json_build_object(
    'replyId', NEW.id::text, 'conversationId', NEW.conversation_id, 'turnId', NEW.turn_id, 'part', NEW.part,
    'state', NEW.state, 'channelMessageId', NEW.channel_message_id));
  RETURN NULL;
END
$$;
CREATE TRIGGER replies_told AFTER UPDATE OF settled_at ON replies FOR EACH ROW
  WHEN (OLD.settled_at IS NULL AND NEW.settled_at IS NOT NULL AND NEW.state IN ('sent', 'uncertain'))
  EXECUTE FUNCTION tell_reply();

---------------------------------------------------------------------------------------------------------------------
-- Foreign keys, in an order that counts: in it PostgreSQL locks the rows that go with a deleted row, and those that a
-- new row refers to.
---------------------------------------------------------------------------------------------------------------------

ALTER TABLE events
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE turns
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE steps
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE messages
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE SET NULL ON UPDATE CASCADE;
ALTER TABLE replies
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE SET NULL ON UPDATE CASCADE,
  ADD FOREIGN KEY (message_id) REFERENCES messages ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE facts
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE leases
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE dead_letters
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE resets
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE budget_reservations
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE drafts
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE approvals
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE summaries
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE schedules
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE operator_keys
  ADD FOREIGN KEY (message_id) REFERENCES messages ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE summary_reservations
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE wait_notices
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE pairings
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE group_context_messages
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE turn_group_contexts
  ADD FOREIGN KEY (turn_id) REFERENCES turns ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE late_edits
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE conversation_merges
  ADD FOREIGN KEY (gone_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE,
  ADD FOREIGN KEY (keep_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE event_failures
  ADD FOREIGN KEY (conversation_id) REFERENCES conversations ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE source_secrets
  ADD FOREIGN KEY (source_id) REFERENCES sources ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE triggers
  ADD FOREIGN KEY (source_id) REFERENCES sources ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE schedule_runs
  ADD FOREIGN KEY (schedule_id) REFERENCES schedules ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE coalesced_webhooks
  ADD FOREIGN KEY (window_id) REFERENCES coalescing_windows ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE trigger_outcomes
  ADD FOREIGN KEY (event_id) REFERENCES events ON DELETE CASCADE ON UPDATE CASCADE;
