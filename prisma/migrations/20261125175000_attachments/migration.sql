-- The files that came with a message, and what has been made of them.
ALTER TABLE "messages" ADD COLUMN     "attachments" JSONB;
