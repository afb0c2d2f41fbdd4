-- CreateTable
CREATE TABLE "resets" (
    "conversation_id" UUID NOT NULL,
    "event_id" BIGINT NOT NULL,
    "epoch" INTEGER NOT NULL,

    CONSTRAINT "resets_pkey" PRIMARY KEY ("conversation_id","event_id")
);

-- AddForeignKey
ALTER TABLE "resets" ADD CONSTRAINT "resets_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
