-- What it cost to hear the recordings of a turn: counted with its steps.
ALTER TABLE "turns" ADD COLUMN "heard_input_tokens" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN "heard_micro_usd" BIGINT NOT NULL DEFAULT 0,
ADD COLUMN "heard_output_tokens" INTEGER NOT NULL DEFAULT 0;
