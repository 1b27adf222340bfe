-- The way back from an edit of our own books, beside the lines of the journal it made: its last and first line, and the
-- first line of everything that was done in one go with it.
create table undo (
  seq integer primary key,
  first_seq integer not null,
  batch_seq integer not null,
  at integer not null,
  by_whom text not null,
  way text not null,
  undone_at integer,
  undone_by text
) strict;
create index undo_batch on undo (batch_seq);
create index undo_open on undo (by_whom, seq) where undone_at is null;
