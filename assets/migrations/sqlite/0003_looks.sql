-- A message under another id of the sender's, with the content of one that was heard, is heard once.
alter table inbox add column content_key text;
create unique index inbox_content on inbox (content_key) where content_key is not null;
-- Orders of a source that events told of: a row per order, due while it is to be read.
create table look (
  pair text not null,
  source_id text not null,
  system text not null,
  heard_at integer not null,
  due_at integer,
  reads integer not null,
  absent integer not null,
  updated_at integer not null,
  primary key (pair, source_id)
) strict, without rowid;
create index look_due on look (system, due_at) where due_at is not null;
create index look_done on look (updated_at) where due_at is null;
