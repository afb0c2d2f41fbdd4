-- CreateEnum
CREATE TYPE "busy_mode" AS ENUM ('queue', 'steer', 'interrupt', 'collect');

-- AlterEnum
ALTER TYPE "event_kind" ADD VALUE 'edit';

-- AlterTable
ALTER TABLE "conversations" ADD COLUMN "busy_mode" "busy_mode";

-- AlterTable
ALTER TABLE "messages" ADD COLUMN "edited_at" TIMESTAMPTZ(6),
ADD COLUMN "step_index" INTEGER;
