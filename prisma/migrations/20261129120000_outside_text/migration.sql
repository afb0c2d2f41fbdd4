-- Written by the model while text from outside was in its request.
ALTER TABLE "messages" ADD COLUMN "outside" BOOLEAN NOT NULL DEFAULT false;

-- Of the summaries that are there nobody knows any more what they were made from.
ALTER TABLE "summaries" ADD COLUMN "outside" BOOLEAN NOT NULL DEFAULT true;
ALTER TABLE "summaries" ALTER COLUMN "outside" SET DEFAULT false;
