-- AlterTable
ALTER TABLE "conversations" ADD COLUMN     "answers_all" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "context_messages" INTEGER;

-- CreateTable
CREATE TABLE "overheard" (
    "conversation_id" UUID NOT NULL,
    "channel_message_id" BIGINT NOT NULL,
    "author" TEXT,
    "text" TEXT NOT NULL,
    "said_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "overheard_pkey" PRIMARY KEY ("conversation_id","channel_message_id")
);

-- CreateTable
CREATE TABLE "backgrounds" (
    "turn_id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "backgrounds_pkey" PRIMARY KEY ("turn_id")
);

-- CreateIndex
CREATE INDEX "backgrounds_conversation_id_idx" ON "backgrounds"("conversation_id");

-- AddForeignKey
ALTER TABLE "overheard" ADD CONSTRAINT "overheard_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "backgrounds" ADD CONSTRAINT "backgrounds_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE CASCADE ON UPDATE CASCADE;
