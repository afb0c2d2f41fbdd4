-- CreateEnum
CREATE TYPE "person_role" AS ENUM ('user', 'admin', 'owner');

-- CreateEnum
CREATE TYPE "pairing_state" AS ENUM ('pending', 'approved', 'denied', 'expired');

-- CreateTable
CREATE TABLE "person_access" (
    "channel" TEXT NOT NULL,
    "user_id" BIGINT NOT NULL,
    "role" "person_role",
    "blocked_at" TIMESTAMPTZ(6),

    CONSTRAINT "person_access_pkey" PRIMARY KEY ("channel","user_id")
);

-- CreateTable
CREATE TABLE "admitted_chats" (
    "channel" TEXT NOT NULL,
    "chat_id" BIGINT NOT NULL,
    "admitted_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),

    CONSTRAINT "admitted_chats_pkey" PRIMARY KEY ("channel","chat_id")
);

-- CreateTable
CREATE TABLE "pairings" (
    "id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "chat_id" BIGINT NOT NULL,
    "conversation_id" UUID NOT NULL,
    "code" TEXT NOT NULL,
    "state" "pairing_state" NOT NULL DEFAULT 'pending',
    "user_id" BIGINT,
    "name" TEXT,
    "username" TEXT,
    "title" TEXT,
    "language_code" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "told_at" TIMESTAMPTZ(6) NOT NULL DEFAULT transaction_timestamp(),
    "asked_at" TIMESTAMPTZ(6),
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(6),

    CONSTRAINT "pairings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "pairings_channel_chat_id_key" ON "pairings"("channel", "chat_id");

-- CreateIndex
CREATE INDEX "pairings_conversation_id_idx" ON "pairings"("conversation_id");

-- CreateIndex
CREATE INDEX "pairings_state_id_idx" ON "pairings"("state", "id" DESC);

-- AddForeignKey
ALTER TABLE "pairings" ADD CONSTRAINT "pairings_conversation_id_fkey" FOREIGN KEY ("conversation_id") REFERENCES "conversations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand, from here on.

-- A code names one request, as long as it is open.
CREATE UNIQUE INDEX "pairings_open_code" ON "pairings"("code") WHERE "state" = 'pending';

-- Who is asked about requests.
CREATE INDEX "person_access_deciders" ON "person_access"("channel", "user_id") WHERE "role" IN ('admin', 'owner');
