-- Movements of the warehouse that change a ledger the source keeps itself, each once, and what became of them.
-- Open are those that the source must still be told of; `turn` sorts a lane in the order in which the goods moved.
create table movement (
  id bigint not null primary key,
  pair text collate "C" not null,
  idem_key text collate "C" not null,
  lane text collate "C" not null,
  location text collate "C" not null,
  item text collate "C" not null,
  turn text collate "C" not null,
  state bigint not null,
  is_open bigint not null,
  is_owed bigint not null,
  delta_each bigint not null,
  moved_at bigint not null,
  reference text collate "C" not null,
  delivery_id bigint,
  document text collate "C" not null,
  last_text text collate "C" not null,
  head_since bigint,
  entry text collate "C" not null,
  created_at bigint not null,
  updated_at bigint not null
);
create unique index movement_key on movement (pair, idem_key);
create index movement_lane on movement (pair, lane, turn) where is_open = 1;
create index movement_past on movement (pair, lane, turn) where state in (10, 13);
create index movement_owed on movement (pair, item) where is_owed = 1;
create index movement_reference on movement (pair, reference) where reference <> '';
create index movement_item on movement (pair, item);
