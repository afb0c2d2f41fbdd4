-- Conversations that are being put into others, in batches: how far their epochs are moved. The row goes with either of the two.
CREATE TABLE "conversation_merges" (
    "gone_id" UUID NOT NULL,
    "keep_id" UUID NOT NULL,
    "epoch_offset" INTEGER NOT NULL,

    CONSTRAINT "conversation_merges_pkey" PRIMARY KEY ("gone_id")
);

-- CreateIndex
CREATE INDEX "conversation_merges_keep_id_idx" ON "conversation_merges"("keep_id");

-- AddForeignKey
ALTER TABLE "conversation_merges" ADD CONSTRAINT "conversation_merges_gone_id_fkey" FOREIGN KEY ("gone_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "conversation_merges" ADD CONSTRAINT "conversation_merges_keep_id_fkey" FOREIGN KEY ("keep_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
