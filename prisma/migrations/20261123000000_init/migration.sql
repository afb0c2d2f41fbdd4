-- CreateEnum
CREATE TYPE "conversation_status" AS ENUM ('active', 'paused', 'blocked');

-- CreateEnum
CREATE TYPE "event_kind" AS ENUM ('message', 'command');

-- CreateEnum
CREATE TYPE "event_state" AS ENUM ('waiting', 'claimed', 'done', 'dropped', 'dead', 'erased');

-- CreateEnum
CREATE TYPE "turn_state" AS ENUM ('waiting', 'running', 'done', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "step_kind" AS ENUM ('model', 'tool');

-- CreateEnum
CREATE TYPE "message_role" AS ENUM ('user', 'assistant', 'operator');

-- CreateEnum
CREATE TYPE "reply_state" AS ENUM ('pending', 'sending', 'sent', 'uncertain', 'failed');

-- CreateEnum
CREATE TYPE "lane" AS ENUM ('turns', 'deliveries');

-- CreateEnum
CREATE TYPE "dead_letter_kind" AS ENUM ('event', 'turn', 'reply');

-- CreateTable
CREATE TABLE "conversations" (
    "id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "chat_id" BIGINT NOT NULL,
    "thread_id" BIGINT NOT NULL DEFAULT 0,
    "chat_type" TEXT NOT NULL,
    "title" TEXT,
    "username" TEXT,
    "status" "conversation_status" NOT NULL DEFAULT 'active',
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "epoch_since" BIGINT NOT NULL DEFAULT 0,
    "message_count" INTEGER NOT NULL DEFAULT 0,
    "last_message_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "overflow_told_at" TIMESTAMPTZ(6),
    "refusal_told_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conversations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "people" (
    "channel" TEXT NOT NULL,
    "user_id" BIGINT NOT NULL,
    "first_name" TEXT NOT NULL,
    "last_name" TEXT,
    "username" TEXT,
    "language_code" TEXT,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "people_pkey" PRIMARY KEY ("channel","user_id")
);

-- CreateTable
CREATE TABLE "events" (
    "id" BIGSERIAL NOT NULL,
    "source" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "conversation_id" UUID,
    "kind" "event_kind" NOT NULL,
    "state" "event_state" NOT NULL DEFAULT 'waiting',
    "payload" JSON,
    "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "turn_id" UUID,

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "turns" (
    "id" UUID NOT NULL,
    "conversation_id" UUID NOT NULL,
    "state" "turn_state" NOT NULL DEFAULT 'running',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "takeovers" INTEGER NOT NULL DEFAULT 0,
    "epoch" INTEGER NOT NULL,
    "available_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "spent_ms" INTEGER NOT NULL DEFAULT 0,
    "model" TEXT,
    "input_tokens" INTEGER NOT NULL DEFAULT 0,
    "output_tokens" INTEGER NOT NULL DEFAULT 0,
    "error_code" TEXT,
    "error" TEXT,
    "first_error" TEXT,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "turns_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "steps" (
    "turn_id" UUID NOT NULL,
    "index" INTEGER NOT NULL,
    "kind" "step_kind" NOT NULL,
    "name" TEXT NOT NULL,
    "request_digest" TEXT NOT NULL,
    "result" JSONB NOT NULL,
    "error" TEXT,
    "input_tokens" INTEGER NOT NULL DEFAULT 0,
    "output_tokens" INTEGER NOT NULL DEFAULT 0,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "steps_pkey" PRIMARY KEY ("turn_id","index")
);

-- CreateTable
CREATE TABLE "messages" (
    "id" BIGSERIAL NOT NULL,
    "conversation_id" UUID NOT NULL,
    "epoch" INTEGER NOT NULL,
    "role" "message_role" NOT NULL,
    "text" TEXT NOT NULL,
    "author" TEXT,
    "channel_message_id" BIGINT,
    "turn_id" UUID,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "replies" (
    "id" BIGSERIAL NOT NULL,
    "conversation_id" UUID NOT NULL,
    "turn_id" UUID,
    "message_id" BIGINT,
    "part" INTEGER NOT NULL DEFAULT 0,
    "body" JSONB NOT NULL,
    "state" "reply_state" NOT NULL DEFAULT 'pending',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "unknown_sends" INTEGER NOT NULL DEFAULT 0,
    "available_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "channel_message_id" BIGINT,
    "error" TEXT,
    "first_error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "settled_at" TIMESTAMPTZ(6),

    CONSTRAINT "replies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "facts" (
    "id" BIGSERIAL NOT NULL,
    "conversation_id" UUID NOT NULL,
    "text" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "facts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "leases" (
    "conversation_id" UUID NOT NULL,
    "lane" "lane" NOT NULL,
    "token" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "leases_pkey" PRIMARY KEY ("conversation_id","lane")
);

-- CreateTable
CREATE TABLE "dead_letters" (
    "id" UUID NOT NULL,
    "kind" "dead_letter_kind" NOT NULL,
    "subject_id" TEXT NOT NULL,
    "conversation_id" UUID,
    "reason" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "first_error" TEXT,
    "last_error" TEXT NOT NULL,
    "payload" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "dead_letters_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "throttle_windows" (
    "key" TEXT NOT NULL,
    "hits" DOUBLE PRECISION[],
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "throttle_windows_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "conversations_last_message_at_id_idx" ON "conversations"("last_message_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "conversations_channel_chat_id_thread_id_key" ON "conversations"("channel", "chat_id", "thread_id");

-- CreateIndex
CREATE INDEX "events_conversation_id_idx" ON "events"("conversation_id");

-- CreateIndex
CREATE UNIQUE INDEX "events_source_external_id_key" ON "events"("source", "external_id");

-- CreateIndex
CREATE INDEX "turns_conversation_id_id_idx" ON "turns"("conversation_id", "id");

-- CreateIndex
CREATE INDEX "messages_conversation_id_id_idx" ON "messages"("conversation_id", "id");

-- CreateIndex
CREATE INDEX "messages_conversation_id_epoch_id_idx" ON "messages"("conversation_id", "epoch", "id");

-- CreateIndex
CREATE INDEX "messages_turn_id_idx" ON "messages"("turn_id");

-- CreateIndex
CREATE INDEX "replies_message_id_idx" ON "replies"("message_id");

-- CreateIndex
CREATE INDEX "replies_conversation_id_id_idx" ON "replies"("conversation_id", "id");

-- CreateIndex
CREATE INDEX "replies_turn_id_idx" ON "replies"("turn_id");

-- CreateIndex
CREATE UNIQUE INDEX "facts_conversation_id_text_key" ON "facts"("conversation_id", "text");

-- CreateIndex
CREATE INDEX "dead_letters_created_at_id_idx" ON "dead_letters"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "dead_letters_conversation_id_idx" ON "dead_letters"("conversation_id");

-- CreateIndex
CREATE UNIQUE INDEX "dead_letters_kind_subject_id_key" ON "dead_letters"("kind", "subject_id");

-- CreateIndex
CREATE INDEX "throttle_windows_expires_at_idx" ON "throttle_windows"("expires_at");

-- AddForeignKey
ALTER TABLE "events" ADD CONSTRAINT "events_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "events" ADD CONSTRAINT "events_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "turns" ADD CONSTRAINT "turns_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steps" ADD CONSTRAINT "steps_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replies" ADD CONSTRAINT "replies_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replies" ADD CONSTRAINT "replies_turn_id_fkey" FOREIGN KEY ("turn_id") REFERENCES "turns"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "replies" ADD CONSTRAINT "replies_message_id_fkey" FOREIGN KEY ("message_id") REFERENCES "messages"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "facts" ADD CONSTRAINT "facts_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "leases" ADD CONSTRAINT "leases_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "dead_letters" ADD CONSTRAINT "dead_letters_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand, from here on: what a Prisma schema cannot express.

-- The next events of a conversation, in the order of their arrival, and the sweep over all conversations.
CREATE INDEX "events_waiting" ON "events"("conversation_id", "id") WHERE "state" = 'waiting';

-- The events of a turn; none for those that still wait, so that the door does not pay for it.
CREATE INDEX "events_of_turn" ON "events"("turn_id") WHERE "turn_id" IS NOT NULL;

-- One turn at a time in a conversation, whatever the code believes; the unfinished ones, for runs and the sweep.
CREATE UNIQUE INDEX "turns_one_running" ON "turns"("conversation_id") WHERE "state" = 'running';
CREATE INDEX "turns_open" ON "turns"("conversation_id") WHERE "state" IN ('waiting', 'running');

-- The next replies of a conversation, in order, and the sweep.
CREATE INDEX "replies_open" ON "replies"("conversation_id", "id") WHERE "settled_at" IS NULL;

-- search_history: queries have to ask for exactly this expression.
CREATE INDEX "messages_search" ON "messages" USING gin (to_tsvector('simple', "text"));
