-- AlterTable
ALTER TABLE "drafts" ADD COLUMN     "is_message" BOOLEAN NOT NULL DEFAULT true;
