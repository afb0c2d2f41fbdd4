-- Why a tool call was denied.
ALTER TABLE "approvals" ADD COLUMN "reason" TEXT;

-- An edit that came after the answer, and the turn that corrects it. No foreign key: to check one would read all turns.
ALTER TABLE "events" ADD COLUMN "late_edit" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "turns" ADD COLUMN "corrects_id" BIGINT;

-- CreateTable
CREATE TABLE "operator_keys" (
    "message_id" BIGINT NOT NULL,
    "conversation_id" UUID NOT NULL,
    "key" TEXT NOT NULL,

    CONSTRAINT "operator_keys_pkey" PRIMARY KEY ("message_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "operator_keys_conversation_id_key_key" ON "operator_keys"("conversation_id", "key");

-- AddForeignKey
ALTER TABLE "operator_keys" ADD CONSTRAINT "operator_keys_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;
