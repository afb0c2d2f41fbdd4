-- CreateEnum
CREATE TYPE "budget_scope" AS ENUM ('user', 'chat', 'all');

-- AlterTable
ALTER TABLE "steps" ADD COLUMN     "micro_usd" BIGINT NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "turns" ADD COLUMN     "micro_usd" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN     "user_id" BIGINT;

-- CreateTable
CREATE TABLE "budget_days" (
    "day" DATE NOT NULL,
    "scope" "budget_scope" NOT NULL,
    "key" TEXT NOT NULL,
    "spent_tokens" BIGINT NOT NULL DEFAULT 0,
    "spent_micro_usd" BIGINT NOT NULL DEFAULT 0,
    "reserved_tokens" BIGINT NOT NULL DEFAULT 0,
    "reserved_micro_usd" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "budget_days_pkey" PRIMARY KEY ("day","scope","key")
);

-- CreateTable
CREATE TABLE "budget_reservations" (
    "turn_id" UUID NOT NULL,
    "scope" "budget_scope" NOT NULL,
    "day" DATE NOT NULL,
    "key" TEXT NOT NULL,
    "tokens" BIGINT NOT NULL,
    "micro_usd" BIGINT NOT NULL,

    CONSTRAINT "budget_reservations_pkey" PRIMARY KEY ("turn_id","scope")
);

-- CreateIndex
CREATE INDEX "budget_days_scope_key_day_idx" ON "budget_days"("scope", "key", "day");

-- AddForeignKey
ALTER TABLE "budget_reservations" ADD CONSTRAINT "budget_reservations_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE CASCADE ON UPDATE CASCADE;
