-- AlterEnum
ALTER TYPE "lane" ADD VALUE 'summaries';

-- CreateTable
CREATE TABLE "summaries" (
    "conversation_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "text" TEXT NOT NULL DEFAULT '',
    "covers_from" BIGINT NOT NULL DEFAULT 0,
    "covers_until" BIGINT NOT NULL DEFAULT 0,
    "model" TEXT,
    "tokens" INTEGER NOT NULL DEFAULT 0,
    "asked_until" BIGINT NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(6),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "error" TEXT,

    CONSTRAINT "summaries_pkey" PRIMARY KEY ("conversation_id","epoch")
);

-- What is to be summarised, for the sweep.
CREATE INDEX "summaries_due" ON "summaries"("conversation_id") WHERE "due_at" IS NOT NULL;

-- AddForeignKey
ALTER TABLE "summaries" ADD CONSTRAINT "summaries_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
