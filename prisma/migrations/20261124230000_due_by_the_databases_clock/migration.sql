-- The same time as before, in words that Prisma leaves to the database.

-- AlterTable
ALTER TABLE "replies" ALTER COLUMN "available_at" SET DEFAULT transaction_timestamp();

-- AlterTable
ALTER TABLE "turns" ALTER COLUMN "available_at" SET DEFAULT transaction_timestamp();
