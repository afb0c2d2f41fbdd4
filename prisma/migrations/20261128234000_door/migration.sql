-- CreateTable
CREATE TABLE "unconfirmed_events" (
    "event_id" BIGINT NOT NULL,

    CONSTRAINT "unconfirmed_events_pkey" PRIMARY KEY ("event_id")
);

-- CreateTable
CREATE TABLE "channel_accounts" (
    "channel" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "after_event_id" BIGINT NOT NULL,

    CONSTRAINT "channel_accounts_pkey" PRIMARY KEY ("channel","account")
);

-- By hand, from here on.

-- Ends a statement that found ids given out anew by their source, with a code of its own: see STORE_EVENTS in src/inbox.
CREATE FUNCTION refuse_reused_ids() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an external id was given out anew' USING ERRCODE = 'TP001';
END $$;
