-- One act on many cases: what is done, and what became of each case.
create table bulk (
  id integer primary key,
  act text not null,
  who text not null,
  began_at integer not null,
  ended_at integer,
  state integer not null,
  total integer not null,
  done integer not null,
  refused integer not null,
  first_line integer
) strict;
create index bulk_running on bulk (id) where state = 0;
create table bulk_item (
  bulk_id integer not null references bulk (id) on delete cascade,
  place integer not null,
  exception_id integer not null,
  version integer not null,
  state integer not null,
  note text not null,
  primary key (bulk_id, place)
) strict;
create index bulk_item_waiting on bulk_item (place, bulk_id) where state = 0;
