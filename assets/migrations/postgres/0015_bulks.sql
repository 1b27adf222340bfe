-- One act on many cases: what is done, and what became of each case.
create table bulk (
  id bigint primary key,
  act text collate "C" not null,
  who text collate "C" not null,
  began_at bigint not null,
  ended_at bigint,
  state bigint not null,
  total bigint not null,
  done bigint not null,
  refused bigint not null,
  first_line bigint
);
create index bulk_running on bulk (id) where state = 0;
create table bulk_item (
  bulk_id bigint not null references bulk (id) on delete cascade,
  place bigint not null,
  exception_id bigint not null,
  version bigint not null,
  state bigint not null,
  note text collate "C" not null,
  primary key (bulk_id, place)
);
create index bulk_item_waiting on bulk_item (place, bulk_id) where state = 0;
