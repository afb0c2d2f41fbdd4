-- CreateTable
CREATE TABLE "wait_notices" (
    "conversation_id" UUID NOT NULL,
    "event_id" BIGINT NOT NULL,
    "channel_message_id" BIGINT,

    CONSTRAINT "wait_notices_pkey" PRIMARY KEY ("conversation_id")
);

-- AddForeignKey
ALTER TABLE "wait_notices" ADD CONSTRAINT "wait_notices_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
