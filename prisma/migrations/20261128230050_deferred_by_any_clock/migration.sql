-- When work was put off. It waits only between that moment and the one it is due, so that a clock that is set back does
-- not make it wait for the hour that comes twice. Null: never put off, so due by any clock; what an older version has put
-- off is tried once more at once.
ALTER TABLE "turns" ADD COLUMN "deferred_at" TIMESTAMPTZ(6);
ALTER TABLE "replies" ADD COLUMN "deferred_at" TIMESTAMPTZ(6);
ALTER TABLE "summaries" ADD COLUMN "deferred_at" TIMESTAMPTZ(6);
