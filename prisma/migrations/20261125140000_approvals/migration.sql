-- CreateEnum
CREATE TYPE "approval_state" AS ENUM ('pending', 'approved', 'denied', 'expired');

-- AlterEnum
ALTER TYPE "turn_state" ADD VALUE 'parked';

-- CreateTable
CREATE TABLE "approvals" (
    "id" UUID NOT NULL,
    "turn_id" UUID NOT NULL,
    "step_index" INTEGER NOT NULL,
    "conversation_id" UUID NOT NULL,
    "tool" TEXT NOT NULL,
    "arguments" TEXT NOT NULL,
    "asked_by" BIGINT,
    "state" "approval_state" NOT NULL DEFAULT 'pending',
    "decided_by" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "decided_at" TIMESTAMPTZ(6),

    CONSTRAINT "approvals_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "approvals_turn_id_step_index_key" ON "approvals"("turn_id", "step_index");

-- CreateIndex
CREATE INDEX "approvals_conversation_id_idx" ON "approvals"("conversation_id");

-- What waits for a decision, oldest end first: for the sweep and for the operator.
CREATE INDEX "approvals_pending" ON "approvals"("expires_at") WHERE "state" = 'pending';

-- AddForeignKey
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- The message that asks for an approval: it is edited when that is decided.
ALTER TABLE "replies" ADD COLUMN "approval_id" UUID;
CREATE INDEX "replies_of_approval" ON "replies"("approval_id") WHERE "approval_id" IS NOT NULL;
