-- Up to which message erased groups were heard, for as long as their updates may come again.
CREATE TABLE "erased_groups" (
    "channel" TEXT NOT NULL,
    "chat_id" BIGINT NOT NULL,
    "thread_id" BIGINT NOT NULL,
    "newest_id" BIGINT NOT NULL,
    "erased_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "erased_groups_pkey" PRIMARY KEY ("channel","chat_id","thread_id")
);
