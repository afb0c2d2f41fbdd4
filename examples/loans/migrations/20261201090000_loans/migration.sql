-- A schema of its own: Prisma's comparison, which writes the next migration of ours, does not look into it.
CREATE SCHEMA library;

CREATE TABLE library.loans (
  id         INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reader_id  BIGINT NOT NULL, -- the user id that Telegram gave the reader
  title      TEXT NOT NULL,
  due_on     DATE NOT NULL,
  renewals   INTEGER NOT NULL DEFAULT 0,
  renewed_by TEXT -- the key of the tool call that renewed it last
);

CREATE INDEX loans_of_reader ON library.loans (reader_id, due_on);
