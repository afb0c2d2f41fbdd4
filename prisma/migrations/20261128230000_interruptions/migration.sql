-- The turn whose messages a turn answers too. No foreign key: to check one would read all turns.
ALTER TABLE "turns" ADD COLUMN "continues_id" UUID;

-- When the last send of a reply began: what a chat wrote after that is not older than what the send came to.
ALTER TABLE "replies" ADD COLUMN "sending_at" TIMESTAMPTZ(6);
