-- Waiting events whose handling has failed: how often, with what, and until when they are put off.
CREATE TABLE "event_failures" (
    "event_id" BIGINT NOT NULL,
    "conversation_id" UUID NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "outages" INTEGER NOT NULL DEFAULT 0,
    "first_error" TEXT NOT NULL,
    "last_error" TEXT NOT NULL,
    "deferred_at" TIMESTAMPTZ(6) NOT NULL,
    "available_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "event_failures_pkey" PRIMARY KEY ("event_id")
);

-- CreateIndex
CREATE INDEX "event_failures_conversation_id_idx" ON "event_failures"("conversation_id");

-- AddForeignKey
ALTER TABLE "event_failures" ADD CONSTRAINT "event_failures_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
