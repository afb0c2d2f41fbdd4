-- CreateEnum
CREATE TYPE "turn_feedback" AS ENUM ('up', 'down');

-- What people think of a turn's answer.
ALTER TABLE "turns" ADD COLUMN     "feedback" "turn_feedback",
ADD COLUMN     "feedback_at" TIMESTAMPTZ(6);

-- How a chat is reached besides by its ids; bots that were answered in a row.
ALTER TABLE "conversations" ADD COLUMN     "bot_streak" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "via" TEXT;
