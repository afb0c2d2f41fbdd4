-- What the retention looks for, oldest first. Both indexes hold only what it has yet to remove, and nothing that is
-- unfinished: an event that waits and a reply that is open are in neither, so the door and the outbox pay for neither
-- when they insert one. (A message past the backlog limit is finished when it is stored, and pays.) On big tables build
-- them first, by hand and CONCURRENTLY; then there is nothing left to do here.

-- Raw payloads of finished events.
CREATE INDEX IF NOT EXISTS "events_kept_payload" ON "events"("received_at", "id")
  WHERE "payload" IS NOT NULL AND "state" IN ('done', 'dropped', 'dead');

-- Replies with nothing left to do.
CREATE INDEX IF NOT EXISTS "replies_settled" ON "replies"("settled_at", "id") WHERE "settled_at" IS NOT NULL;
