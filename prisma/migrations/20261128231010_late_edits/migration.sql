-- An edit of a draft that has begun, and is not known to have ended.
ALTER TABLE "drafts" ADD COLUMN "editing_since" TIMESTAMPTZ(6);

-- CreateTable
CREATE TABLE "late_edits" (
    "conversation_id" UUID NOT NULL,
    "channel_message_id" BIGINT NOT NULL,
    "marks" INTEGER NOT NULL DEFAULT 1,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "gated" BOOLEAN NOT NULL DEFAULT false,
    "until" TIMESTAMPTZ(6) NOT NULL,
    "confirm_at" TIMESTAMPTZ(6) NOT NULL,
    "put_off_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "late_edits_pkey" PRIMARY KEY ("conversation_id","channel_message_id")
);

-- AddForeignKey
ALTER TABLE "late_edits" ADD CONSTRAINT "late_edits_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
