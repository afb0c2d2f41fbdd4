-- CreateEnum
CREATE TYPE "reply_class" AS ENUM ('interactive', 'background');

-- AlterTable
ALTER TABLE "conversations" ADD COLUMN "unreachable_at" TIMESTAMPTZ(6);

-- AlterTable
ALTER TABLE "replies" ADD COLUMN "class" "reply_class" NOT NULL DEFAULT 'interactive',
ADD COLUMN "gated_at" TIMESTAMPTZ(6);

-- CreateTable
CREATE TABLE "flood_windows" (
    "key" TEXT NOT NULL,
    "hits" DOUBLE PRECISION[],
    "paused_until" TIMESTAMPTZ(6),
    "limited_at" TIMESTAMPTZ(6),
    "interactive_line" DOUBLE PRECISION[],
    "background_line" DOUBLE PRECISION[],
    "expires_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "flood_windows_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "chat_moves" (
    "channel" TEXT NOT NULL,
    "from_chat_id" BIGINT NOT NULL,
    "to_chat_id" BIGINT NOT NULL,
    "moved_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "chat_moves_pkey" PRIMARY KEY ("channel","from_chat_id")
);

-- CreateIndex
CREATE INDEX "flood_windows_expires_at_idx" ON "flood_windows"("expires_at");

-- By hand, from here on.

-- The chats that were limited of late.
CREATE INDEX "flood_windows_limited" ON "flood_windows"("limited_at") WHERE "limited_at" IS NOT NULL;

-- One row changes with every send, and its old versions should not fill pages: room for changes in place.
ALTER TABLE "flood_windows" SET (fillfactor = 50);
