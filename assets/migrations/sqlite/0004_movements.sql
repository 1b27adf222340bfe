-- Movements of the warehouse that change a ledger the source keeps itself, each once, and what became of them.
-- Open are those that the source must still be told of; `turn` sorts a lane in the order in which the goods moved.
create table movement (
  id integer not null primary key,
  pair text not null,
  idem_key text not null,
  lane text not null,
  location text not null,
  item text not null,
  turn text not null,
  state integer not null,
  is_open integer not null,
  is_owed integer not null,
  delta_each integer not null,
  moved_at integer not null,
  reference text not null,
  delivery_id integer,
  document text not null,
  last_text text not null,
  head_since integer,
  entry text not null,
  created_at integer not null,
  updated_at integer not null
) strict;
create unique index movement_key on movement (pair, idem_key);
create index movement_lane on movement (pair, lane, turn) where is_open = 1;
create index movement_past on movement (pair, lane, turn) where state in (10, 13);
create index movement_owed on movement (pair, item) where is_owed = 1;
create index movement_reference on movement (pair, reference) where reference <> '';
create index movement_item on movement (pair, item);
