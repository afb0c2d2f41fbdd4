-- Runs of a turn that ended by the database's trouble.
ALTER TABLE "turns" ADD COLUMN "outages" INTEGER NOT NULL DEFAULT 0;
