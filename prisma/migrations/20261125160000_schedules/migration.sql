-- CreateEnum
CREATE TYPE "schedule_kind" AS ENUM ('reminder', 'task');

-- CreateEnum
CREATE TYPE "schedule_state" AS ENUM ('planned', 'done', 'cancelled');

-- CreateTable
CREATE TABLE "schedules" (
    "id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "kind" "schedule_kind" NOT NULL,
    "text" TEXT NOT NULL,
    "cron" TEXT,
    "time_zone" TEXT NOT NULL DEFAULT 'UTC',
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "state" "schedule_state" NOT NULL DEFAULT 'planned',
    "created_by" BIGINT,
    "idempotency_key" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
    "last_fired_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),

    CONSTRAINT "schedules_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "schedules_idempotency_key_key" ON "schedules"("idempotency_key");

-- CreateIndex
CREATE INDEX "schedules_conversation_id_id_idx" ON "schedules"("conversation_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "schedules_conversation_id_number_key" ON "schedules"("conversation_id", "number");

-- AddForeignKey
ALTER TABLE "schedules" ADD CONSTRAINT "schedules_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand, from here on.

-- What the sweep looks for, in the order in which it is due.
CREATE INDEX "schedules_due" ON "schedules"("next_at") WHERE "state" = 'planned';

-- What retention looks for.
CREATE INDEX "schedules_ended" ON "schedules"("ended_at", "id") WHERE "ended_at" IS NOT NULL;
