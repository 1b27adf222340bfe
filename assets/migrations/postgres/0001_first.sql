-- First schema. Times are microseconds since 1970 UTC, money is minor units, quantities are whole units,
-- enumerations are the codes of the program, 0/1 stands for no/yes. `*_sort` columns hold the value lists sort by,
-- with "never" (9223372036854775807) in place of an absent time, so that a list has one order on both databases.

create table counter (
  name text collate "C" primary key,
  next bigint not null
);
insert into counter (name, next) values ('id', 1);
create sequence exception_id;
create sequence mapping_id;

create table lease (
  name text collate "C" primary key,
  holder text collate "C" not null,
  epoch bigint not null,
  until_at bigint not null,
  taken_at bigint not null
) with (fillfactor = 70);

create table setting (
  key text collate "C" primary key,
  value text collate "C" not null,
  updated_at bigint not null
);

-- ---- inbound

create table inbox (
  id bigint primary key,
  system text collate "C" not null,
  pair text collate "C",
  entity text collate "C" not null,
  entity_id text collate "C" not null,
  dedup_key text collate "C" not null,
  body text collate "C" not null,
  received_at bigint not null,
  done_at bigint,
  note text collate "C" not null
);
create unique index inbox_dedup on inbox (dedup_key);
create index inbox_new on inbox (id) where done_at is null;

-- ---- orders

create table orders (
  id bigint primary key,
  pair text collate "C" not null,
  source_id text collate "C" not null,
  number text collate "C" not null,
  reference text collate "C" not null,
  channel text collate "C" not null,
  wms_number text collate "C",
  wms_revision bigint not null,
  state bigint not null,
  source_status bigint not null,
  location text collate "C" not null,
  site text collate "C",
  service text collate "C" not null,
  carrier_service text collate "C",
  wms_status text collate "C",
  is_on_hold bigint not null,
  ship_by bigint,
  value_minor bigint not null,
  currency text collate "C" not null,
  units bigint not null,
  postcode_district text collate "C" not null,
  customer_initials text collate "C" not null,
  country text collate "C" not null,
  tracking text collate "C" not null,
  source_revision text collate "C" not null,
  sent_hash text collate "C",
  blocked_by text collate "C" not null,
  missing_polls bigint not null,
  received_at bigint not null,
  released_at bigint,
  first_sent_at bigint,
  accepted_at bigint,
  despatched_at bigint,
  confirmed_at bigint,
  notified_at bigint,
  source_read_at bigint not null,
  state_since bigint not null,
  held_reason text collate "C",
  version bigint not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  ship_sort bigint not null,
  search text collate "C" not null
);
create unique index orders_source on orders (source_id, pair);
create index orders_wms on orders (wms_number) where wms_number is not null;
create index orders_reference on orders (reference);
create index orders_tracking on orders (tracking) where tracking <> '';
create index orders_pair_state on orders (pair, state, id);
create index orders_known_open on orders (pair, location) where source_status = 0;
create index orders_by_received on orders (received_at, id) include (search);
create index orders_by_ship on orders (ship_sort, id);
create index orders_by_number on orders (number, id);
create index orders_by_state on orders (state, received_at, id);
create index orders_by_value on orders (value_minor, id);
create index orders_confirmed on orders (confirmed_at) where confirmed_at is not null;

create table order_body (
  order_id bigint primary key references orders (id),
  body text collate "C" not null
);

create table order_line (
  order_id bigint not null references orders (id),
  n bigint not null,
  line_ref text collate "C" not null,
  row_id text collate "C" not null,
  sku text collate "C" not null,
  item text collate "C",
  title text collate "C" not null,
  qty_each bigint not null,
  despatched_each bigint not null,
  confirmed_each bigint not null,
  unit_price_minor bigint not null,
  primary key (order_id, n)
);
create index order_line_unconfirmed on order_line (order_id) where despatched_each > confirmed_each;
create index order_line_sku on order_line (sku);

-- ---- deliveries: the hot table holds what has not ended, the done table what has

create table delivery (
  id bigint primary key,
  flow bigint not null,
  pair text collate "C" not null,
  system text collate "C" not null,
  lane bigint not null,
  order_key text collate "C" not null,
  key_seq bigint not null,
  idem_key text collate "C" not null,
  order_id bigint,
  object text collate "C" not null,
  state bigint not null,
  step bigint not null,
  attempts bigint not null,
  ship_by bigint,
  ship_sort bigint not null,
  due_at bigint not null,
  created_at bigint not null,
  caused_at bigint not null,
  sent_at bigint,
  absent_at bigint,
  last_class bigint,
  last_text text collate "C" not null,
  depth bigint not null,
  version bigint not null,
  updated_at bigint not null
) with (fillfactor = 70);
alter table delivery set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
create unique index delivery_key_order on delivery (order_key, key_seq);
create index delivery_claim on delivery (system, flow, lane, ship_sort, id, due_at, step, pair) where state = 1;
create index delivery_ready on delivery (system, due_at, pair, flow, lane, step) where state = 1;
create index delivery_doubt on delivery (system, due_at, pair, flow, lane, step) where state = 3;
create index delivery_sending on delivery (system) where state = 2;
create index delivery_dead on delivery (id) where state = 5;
create index delivery_order on delivery (order_id) where order_id is not null;
create index delivery_flow on delivery (pair, flow, state, due_at);

create table delivery_done (
  id bigint primary key,
  flow bigint not null,
  pair text collate "C" not null,
  system text collate "C" not null,
  lane bigint not null,
  order_key text collate "C" not null,
  key_seq bigint not null,
  idem_key text collate "C" not null,
  order_id bigint,
  object text collate "C" not null,
  state bigint not null,
  step bigint not null,
  attempts bigint not null,
  ship_by bigint,
  ship_sort bigint not null,
  due_at bigint not null,
  created_at bigint not null,
  caused_at bigint not null,
  sent_at bigint,
  absent_at bigint,
  last_class bigint,
  last_text text collate "C" not null,
  depth bigint not null,
  version bigint not null,
  updated_at bigint not null
);
create index delivery_done_order on delivery_done (order_id) where order_id is not null;
create index delivery_done_ended on delivery_done (updated_at, pair, flow, state);

create table delivery_intent (
  delivery_id bigint primary key,
  intent text collate "C" not null
);

-- Keys are unique over every state, for ever.
create table delivery_key (
  idem_key text collate "C" primary key,
  delivery_id bigint not null,
  content_hash text collate "C" not null
);

create table attempt (
  id bigint generated always as identity primary key,
  delivery_id bigint not null,
  n bigint not null,
  step bigint not null,
  started_at bigint not null,
  finished_at bigint not null,
  class bigint not null,
  text text collate "C" not null,
  request bigint,
  answer bigint
);
create index attempt_delivery on attempt (delivery_id, n);

create table payload (
  id bigint primary key,
  at bigint not null,
  kind text collate "C" not null,
  system text collate "C" not null,
  method text collate "C" not null,
  body bytea,
  hash text collate "C" not null
);
create index payload_kept on payload (at) where body is not null;

-- ---- exceptions

create table exception (
  id bigint primary key,
  kind text collate "C" not null,
  pair text collate "C" not null,
  discriminator text collate "C" not null,
  fingerprint text collate "C" not null,
  severity bigint not null,
  state bigint not null,
  team bigint not null,
  person text collate "C",
  began_at bigint not null,
  first_seen_at bigint not null,
  last_seen_at bigint not null,
  members bigint not null,
  occurrences_ever bigint not null,
  ship_by bigint,
  value_minor bigint not null,
  ack_due_at bigint not null,
  resolve_due_at bigint not null,
  snoozed_until bigint,
  snooze_condition text collate "C",
  waiting_for text collate "C",
  parent bigint,
  is_regression bigint not null,
  detail text collate "C" not null,
  outcome text collate "C",
  closed_at bigint,
  version bigint not null,
  updated_at bigint not null,
  updated_by text collate "C" not null,
  ship_sort bigint not null,
  search text collate "C" not null
) with (fillfactor = 70);
create unique index exception_open on exception (fingerprint) where state < 10;
create index exception_case on exception (fingerprint, id);
create index exception_kind on exception (kind, pair) where state < 10;
create index exception_by_promise on exception (ship_sort, severity, id) where state < 10;
create index exception_by_severity on exception (severity, began_at, id) where state < 10;
create index exception_by_age on exception (began_at, id) where state < 10;
create index exception_by_members on exception (members, id) where state < 10;
create index exception_parent on exception (parent) where parent is not null;
create index exception_due on exception (state, snoozed_until) where state in (1, 3, 4, 5);
create index exception_counts on exception (team, severity, state, ship_sort) where state < 10 and parent is null;
create index exception_closed on exception (closed_at) where closed_at is not null;

create table occurrence (
  exception_id bigint not null references exception (id),
  object_kind text collate "C" not null,
  object_id text collate "C" not null,
  label text collate "C" not null,
  detail text collate "C" not null,
  began_at bigint not null,
  first_seen_at bigint not null,
  last_seen_at bigint not null,
  times bigint not null,
  ship_by bigint,
  ship_sort bigint not null,
  value_minor bigint not null,
  severity bigint not null,
  cleared_at bigint,
  primary key (exception_id, object_kind, object_id)
);
create index occurrence_object on occurrence (object_kind, object_id) where cleared_at is null;
create index occurrence_promise on occurrence (exception_id, ship_sort, object_kind, object_id) where cleared_at is null;
create index occurrence_worst on occurrence (exception_id, severity) where cleared_at is null;

-- How and by what reading a case was settled. A resolved case always has a row here.
create table evidence (
  id bigint generated always as identity primary key,
  exception_id bigint not null,
  at bigint not null,
  who text collate "C" not null,
  how text collate "C" not null,
  evidence text collate "C" not null
);
create index evidence_exception on evidence (exception_id);

create table debt (
  id bigint generated always as identity primary key,
  exception_id bigint not null,
  kind text collate "C" not null,
  label text collate "C" not null,
  reason text collate "C" not null,
  who text collate "C" not null,
  at bigint not null,
  settled_at bigint,
  evidence text collate "C"
);
create index debt_open on debt (id) where settled_at is null;
create index debt_exception on debt (exception_id);

-- ---- journal

create table journal (
  seq bigint primary key,
  at bigint not null,
  actor text collate "C" not null,
  action text collate "C" not null,
  object_kind text collate "C" not null,
  object_id text collate "C" not null,
  order_id bigint,
  pair text collate "C",
  before_text text collate "C" not null,
  after_text text collate "C" not null,
  reason text collate "C" not null,
  exception_id bigint,
  payload_id bigint,
  hash bytea not null
);
create index journal_object on journal (object_kind, object_id, seq);
create index journal_order on journal (order_id, seq) where order_id is not null;
create index journal_exception on journal (exception_id, seq) where exception_id is not null;
create function journal_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the journal is append-only';
end;
$$;
create trigger journal_no_update before update or delete on journal
  for each row execute function journal_append_only();
create trigger journal_no_truncate before truncate on journal
  for each statement execute function journal_append_only();

create table journal_head (
  one bigint primary key check (one = 1),
  seq bigint not null,
  hash bytea not null
) with (fillfactor = 70);
insert into journal_head (one, seq, hash) values (1, 0, '');

-- ---- warehouse knowledge

create table item (
  system text collate "C" not null,
  code text collate "C" not null,
  name text collate "C" not null,
  barcode text collate "C" not null,
  is_active bigint not null,
  read_at bigint not null,
  primary key (system, code)
);
create index item_barcode on item (system, barcode) where barcode <> '';

create table target (
  pair text collate "C" not null,
  kind bigint not null,
  side text collate "C" not null,
  code text collate "C" not null,
  name text collate "C" not null,
  is_active bigint not null,
  read_at bigint not null,
  primary key (pair, kind, side, code)
);

create table snapshot (
  id bigint primary key,
  system text collate "C" not null,
  pair text collate "C" not null,
  taken_at bigint not null,
  is_complete bigint not null,
  is_full bigint not null,
  row_count bigint not null,
  note text collate "C" not null
);
create index snapshot_system on snapshot (system, taken_at, id);

create table stock_level (
  system text collate "C" not null,
  item text collate "C" not null,
  site text collate "C" not null,
  on_hand_each bigint not null,
  allocated_each bigint not null,
  available_each bigint not null,
  snapshot_id bigint not null,
  read_at bigint not null,
  primary key (system, item, site)
);

create table position (
  pair text collate "C" not null,
  item text collate "C" not null,
  location text collate "C" not null,
  sku text collate "C" not null,
  is_notable bigint not null,
  is_paused bigint not null,
  gap_each bigint not null,
  gap_sort bigint not null,
  risk_sort bigint not null,
  remainder_each bigint not null,
  value_at_risk_minor bigint not null,
  runs bigint not null,
  drift_since bigint,
  updated_at bigint not null,
  body text collate "C" not null,
  primary key (pair, item, location)
);
create index position_by_risk on position (risk_sort, pair, item, location) where is_notable = 1;
create index position_by_gap on position (gap_sort, pair, item, location) where is_notable = 1;
create index position_by_value on position (value_at_risk_minor, pair, item, location) where is_notable = 1;
create index position_by_item on position (item, pair, location) where is_notable = 1;

create table despatch (
  system text collate "C" not null,
  despatch text collate "C" not null,
  number text collate "C" not null,
  state text collate "C" not null,
  first_seen_at bigint not null,
  order_id bigint,
  updated_at bigint not null,
  primary key (system, despatch, number)
);
create index despatch_number on despatch (system, number);
create index despatch_open on despatch (system, first_seen_at, despatch, number) where state in ('new', 'waiting');

create table despatch_line (
  system text collate "C" not null,
  despatch text collate "C" not null,
  number text collate "C" not null,
  line_ref text collate "C" not null,
  item text collate "C" not null,
  n bigint not null,
  qty_each bigint not null,
  carrier text collate "C" not null,
  service text collate "C" not null,
  tracking text collate "C" not null,
  despatched_at bigint not null,
  site text collate "C" not null,
  channel text collate "C" not null,
  primary key (system, despatch, number, line_ref, item, n)
);

-- ---- mappings

-- Every version of every row stays; `since_set`/`until_set` say between which sets of the pair it was active.
create table mapping (
  id bigint not null,
  version bigint not null,
  pair text collate "C" not null,
  kind bigint not null,
  from_text text collate "C" not null,
  condition text collate "C" not null,
  to_text text collate "C" not null,
  attributes text collate "C" not null,
  status bigint not null,
  author text collate "C" not null,
  reason text collate "C" not null,
  changed_at bigint not null,
  used_count bigint not null,
  last_used_at bigint,
  broken text collate "C",
  since_set bigint not null,
  until_set bigint,
  search text collate "C" not null,
  primary key (id, version)
);
create unique index mapping_active on mapping (pair, kind, from_text, condition) where status = 1;
create index mapping_history on mapping (pair, since_set);
create index mapping_rule on mapping (pair, kind, from_text, condition, version);

create table mapping_set (
  pair text collate "C" not null,
  version bigint not null,
  at bigint not null,
  who text collate "C" not null,
  reason text collate "C" not null,
  edits text collate "C" not null,
  primary key (pair, version)
);

create table mapping_serial (
  pair text collate "C" primary key,
  serial bigint not null
);

-- ---- schedules, pauses, requests, live state

create table schedule (
  pair text collate "C" not null,
  flow bigint not null,
  due_at bigint not null,
  last_started_at bigint,
  last_ok_at bigint,
  last_note text collate "C" not null,
  is_last_ok bigint not null,
  failures bigint not null,
  cursor text collate "C" not null,
  updated_at bigint not null,
  primary key (pair, flow)
) with (fillfactor = 70);

-- flow 0 pauses the whole pair.
create table pause (
  pair text collate "C" not null,
  flow bigint not null,
  reason text collate "C" not null,
  who text collate "C" not null,
  at bigint not null,
  primary key (pair, flow)
);

create table request (
  id bigint primary key,
  at bigint not null,
  who text collate "C" not null,
  kind text collate "C" not null,
  body text collate "C" not null,
  is_done bigint not null,
  is_ok bigint not null,
  answer text collate "C" not null,
  done_at bigint
);
create index request_new on request (id) where is_done = 0;

create table system_live (
  system text collate "C" primary key,
  live text collate "C" not null,
  updated_at bigint not null
) with (fillfactor = 70);
