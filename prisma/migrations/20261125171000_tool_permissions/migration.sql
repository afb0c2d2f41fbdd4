-- Which tools a person may use; nothing about who that is.
CREATE TABLE "person_tools" (
    "channel" TEXT NOT NULL,
    "user_id" BIGINT NOT NULL,
    "tools" JSONB NOT NULL,

    CONSTRAINT "person_tools_pkey" PRIMARY KEY ("channel","user_id")
);

-- Which tools may be used in a conversation, and whether its answers are checked.
ALTER TABLE "conversations" ADD COLUMN     "output_check" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "tools" JSONB;
