-- The same time as before, in words that Prisma leaves to the database: it wrote the machine's.

-- AlterTable
ALTER TABLE "replies" ALTER COLUMN "created_at" SET DEFAULT transaction_timestamp();
