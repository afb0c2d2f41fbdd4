-- A schema of its own: prisma/schema.prisma need not know it.
CREATE SCHEMA library;

CREATE TABLE library.loans (
  id         INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reader_id  TEXT NOT NULL, -- the user id that Telegram gave the reader
  title      TEXT NOT NULL,
  due_on     DATE NOT NULL,
  renewed_by TEXT[] NOT NULL DEFAULT '{}' -- the keys of the tool calls that renewed it
);

CREATE INDEX loans_of_reader ON library.loans (reader_id, due_on);
