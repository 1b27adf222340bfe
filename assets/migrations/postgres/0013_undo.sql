-- The way back from an edit of our own books, beside the lines of the journal it made: its last and first line, and the
-- first line of everything that was done in one go with it.
create table undo (
  seq bigint primary key,
  first_seq bigint not null,
  batch_seq bigint not null,
  at bigint not null,
  by_whom text collate "C" not null,
  way text collate "C" not null,
  undone_at bigint,
  undone_by text collate "C"
);
create index undo_batch on undo (batch_seq);
create index undo_open on undo (by_whom, seq) where undone_at is null;
