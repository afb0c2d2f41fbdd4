-- The door paid for a foreign key and an index with every event. It now takes the key's lock itself, in its one
-- statement, and an event enters the index of its conversation when it no longer waits.

-- DropForeignKey
ALTER TABLE "events" DROP CONSTRAINT "events_conversation_id_fkey";

-- DropIndex
DROP INDEX "events_conversation_id_idx";

-- By hand, from here on.

-- With events_waiting, all events of a conversation.
CREATE INDEX "events_settled" ON "events"("conversation_id") WHERE "state" <> 'waiting' AND "conversation_id" IS NOT NULL;
