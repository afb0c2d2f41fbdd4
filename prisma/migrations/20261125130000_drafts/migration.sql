-- CreateEnum
CREATE TYPE "draft_state" AS ENUM ('sending', 'shown');

-- CreateTable
CREATE TABLE "drafts" (
    "turn_id" UUID NOT NULL,
    "state" "draft_state" NOT NULL DEFAULT 'sending',
    "channel_message_id" BIGINT,
    "text" TEXT NOT NULL,

    CONSTRAINT "drafts_pkey" PRIMARY KEY ("turn_id")
);

-- AddForeignKey
ALTER TABLE "drafts" ADD CONSTRAINT "drafts_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE CASCADE ON UPDATE CASCADE;
