-- How often in a row, without a new step in between, a run of the turn ended with its process; and how many steps the turn
-- had at the last of these deaths.
ALTER TABLE "turns" ADD COLUMN     "deaths" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "death_steps" INTEGER NOT NULL DEFAULT 0;
