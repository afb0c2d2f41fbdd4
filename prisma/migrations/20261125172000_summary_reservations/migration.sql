-- CreateTable
CREATE TABLE "summary_reservations" (
    "conversation_id" UUID NOT NULL,
    "scope" "budget_scope" NOT NULL,
    "day" DATE NOT NULL,
    "key" TEXT NOT NULL,
    "tokens" BIGINT NOT NULL,
    "micro_usd" BIGINT NOT NULL,

    CONSTRAINT "summary_reservations_pkey" PRIMARY KEY ("conversation_id","scope")
);

-- AddForeignKey
ALTER TABLE "summary_reservations" ADD CONSTRAINT "summary_reservations_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;
