-- A message under another id of the sender's, with the content of one that was heard, is heard once.
alter table inbox add column content_key text collate "C";
create unique index inbox_content on inbox (content_key) where content_key is not null;
-- Orders of a source that events told of: a row per order, due while it is to be read.
create table look (
  pair text collate "C" not null,
  source_id text collate "C" not null,
  system text collate "C" not null,
  heard_at bigint not null,
  due_at bigint,
  reads bigint not null,
  absent bigint not null,
  updated_at bigint not null,
  primary key (pair, source_id)
);
create index look_due on look (system, due_at) where due_at is not null;
create index look_done on look (updated_at) where due_at is null;
