-- A conversation is erased in stages. First it leaves its chat: its channel becomes one of its own, so that
-- (channel, chat_id, thread_id) is free for a new conversation. Then its rows go, in many transactions.
ALTER TABLE "conversations" ADD COLUMN "erased_at" TIMESTAMPTZ(6), ADD COLUMN "erased_from" TEXT;

-- The sweep goes on with those that were left half erased, and listings leave them out. It holds next to nothing.
CREATE INDEX "conversations_being_erased" ON "conversations"("id") WHERE "erased_at" IS NOT NULL;
