-- First schema. Times are microseconds since 1970 UTC, money is minor units, quantities are whole units,
-- enumerations are the codes of the program, 0/1 stands for no/yes. `*_sort` columns hold the value lists sort by,
-- with "never" (9223372036854775807) in place of an absent time, so that a list has one order on both databases.

create table counter (
  name text primary key,
  next integer not null
) strict, without rowid;
insert into counter (name, next) values ('id', 1), ('exception', 1), ('mapping', 1);

create table lease (
  name text primary key,
  holder text not null,
  epoch integer not null,
  until_at integer not null,
  taken_at integer not null
) strict, without rowid;

create table setting (
  key text primary key,
  value text not null,
  updated_at integer not null
) strict, without rowid;

-- ---- inbound

create table inbox (
  id integer primary key,
  system text not null,
  pair text,
  entity text not null,
  entity_id text not null,
  dedup_key text not null,
  body text not null,
  received_at integer not null,
  done_at integer,
  note text not null
) strict;
create unique index inbox_dedup on inbox (dedup_key);
create index inbox_new on inbox (id) where done_at is null;

-- ---- orders

create table orders (
  id integer primary key,
  pair text not null,
  source_id text not null,
  number text not null,
  reference text not null,
  channel text not null,
  wms_number text,
  wms_revision integer not null,
  state integer not null,
  source_status integer not null,
  location text not null,
  site text,
  service text not null,
  carrier_service text,
  wms_status text,
  is_on_hold integer not null,
  ship_by integer,
  value_minor integer not null,
  currency text not null,
  units integer not null,
  postcode_district text not null,
  customer_initials text not null,
  country text not null,
  tracking text not null,
  source_revision text not null,
  sent_hash text,
  blocked_by text not null,
  missing_polls integer not null,
  received_at integer not null,
  released_at integer,
  first_sent_at integer,
  accepted_at integer,
  despatched_at integer,
  confirmed_at integer,
  notified_at integer,
  source_read_at integer not null,
  state_since integer not null,
  held_reason text,
  version integer not null,
  updated_at integer not null,
  updated_by text not null,
  ship_sort integer not null,
  search text not null
) strict;
create unique index orders_source on orders (source_id, pair);
create index orders_wms on orders (wms_number) where wms_number is not null;
create index orders_reference on orders (reference);
create index orders_tracking on orders (tracking) where tracking <> '';
create index orders_pair_state on orders (pair, state, id);
create index orders_known_open on orders (pair, location) where source_status = 0;
create index orders_by_received on orders (received_at, id, search);
create index orders_by_ship on orders (ship_sort, id);
create index orders_by_number on orders (number, id);
create index orders_by_state on orders (state, received_at, id);
create index orders_by_value on orders (value_minor, id);
create index orders_confirmed on orders (confirmed_at) where confirmed_at is not null;

create table order_body (
  order_id integer primary key references orders (id),
  body text not null
) strict;

create table order_line (
  order_id integer not null references orders (id),
  n integer not null,
  line_ref text not null,
  row_id text not null,
  sku text not null,
  item text,
  title text not null,
  qty_each integer not null,
  despatched_each integer not null,
  confirmed_each integer not null,
  unit_price_minor integer not null,
  primary key (order_id, n)
) strict, without rowid;
create index order_line_unconfirmed on order_line (order_id) where despatched_each > confirmed_each;
create index order_line_sku on order_line (sku);

-- ---- deliveries: the hot table holds what has not ended, the done table what has

create table delivery (
  id integer primary key,
  flow integer not null,
  pair text not null,
  system text not null,
  lane integer not null,
  order_key text not null,
  key_seq integer not null,
  idem_key text not null,
  order_id integer,
  object text not null,
  state integer not null,
  step integer not null,
  attempts integer not null,
  ship_by integer,
  ship_sort integer not null,
  due_at integer not null,
  created_at integer not null,
  caused_at integer not null,
  sent_at integer,
  absent_at integer,
  last_class integer,
  last_text text not null,
  depth integer not null,
  version integer not null,
  updated_at integer not null
) strict;
create unique index delivery_key_order on delivery (order_key, key_seq);
create index delivery_claim on delivery (system, flow, lane, ship_sort, id, due_at, step, pair) where state = 1;
create index delivery_ready on delivery (system, due_at, pair, flow, lane, step) where state = 1;
create index delivery_doubt on delivery (system, due_at, pair, flow, lane, step) where state = 3;
create index delivery_sending on delivery (system) where state = 2;
create index delivery_dead on delivery (id) where state = 5;
create index delivery_order on delivery (order_id) where order_id is not null;
create index delivery_flow on delivery (pair, flow, state, due_at);

create table delivery_done (
  id integer primary key,
  flow integer not null,
  pair text not null,
  system text not null,
  lane integer not null,
  order_key text not null,
  key_seq integer not null,
  idem_key text not null,
  order_id integer,
  object text not null,
  state integer not null,
  step integer not null,
  attempts integer not null,
  ship_by integer,
  ship_sort integer not null,
  due_at integer not null,
  created_at integer not null,
  caused_at integer not null,
  sent_at integer,
  absent_at integer,
  last_class integer,
  last_text text not null,
  depth integer not null,
  version integer not null,
  updated_at integer not null
) strict;
create index delivery_done_order on delivery_done (order_id) where order_id is not null;
create index delivery_done_ended on delivery_done (updated_at, pair, flow, state);

create table delivery_intent (
  delivery_id integer primary key,
  intent text not null
) strict;

-- Keys are unique over every state, for ever.
create table delivery_key (
  idem_key text primary key,
  delivery_id integer not null,
  content_hash text not null
) strict, without rowid;

create table attempt (
  id integer primary key,
  delivery_id integer not null,
  n integer not null,
  step integer not null,
  started_at integer not null,
  finished_at integer not null,
  class integer not null,
  text text not null,
  request integer,
  answer integer
) strict;
create index attempt_delivery on attempt (delivery_id, n);

create table payload (
  id integer primary key,
  at integer not null,
  kind text not null,
  system text not null,
  method text not null,
  body blob,
  hash text not null
) strict;
create index payload_kept on payload (at) where body is not null;

-- ---- exceptions

create table exception (
  id integer primary key,
  kind text not null,
  pair text not null,
  discriminator text not null,
  fingerprint text not null,
  severity integer not null,
  state integer not null,
  team integer not null,
  person text,
  began_at integer not null,
  first_seen_at integer not null,
  last_seen_at integer not null,
  members integer not null,
  occurrences_ever integer not null,
  ship_by integer,
  value_minor integer not null,
  ack_due_at integer not null,
  resolve_due_at integer not null,
  snoozed_until integer,
  snooze_condition text,
  waiting_for text,
  parent integer,
  is_regression integer not null,
  detail text not null,
  outcome text,
  closed_at integer,
  version integer not null,
  updated_at integer not null,
  updated_by text not null,
  ship_sort integer not null,
  search text not null
) strict;
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
  exception_id integer not null references exception (id),
  object_kind text not null,
  object_id text not null,
  label text not null,
  detail text not null,
  began_at integer not null,
  first_seen_at integer not null,
  last_seen_at integer not null,
  times integer not null,
  ship_by integer,
  ship_sort integer not null,
  value_minor integer not null,
  severity integer not null,
  cleared_at integer,
  primary key (exception_id, object_kind, object_id)
) strict, without rowid;
create index occurrence_object on occurrence (object_kind, object_id) where cleared_at is null;
create index occurrence_promise on occurrence (exception_id, ship_sort, object_kind, object_id) where cleared_at is null;
create index occurrence_worst on occurrence (exception_id, severity) where cleared_at is null;

-- How and by what reading a case was settled. A resolved case always has a row here.
create table evidence (
  id integer primary key,
  exception_id integer not null,
  at integer not null,
  who text not null,
  how text not null,
  evidence text not null
) strict;
create index evidence_exception on evidence (exception_id);

create table debt (
  id integer primary key,
  exception_id integer not null,
  kind text not null,
  label text not null,
  reason text not null,
  who text not null,
  at integer not null,
  settled_at integer,
  evidence text
) strict;
create index debt_open on debt (id) where settled_at is null;
create index debt_exception on debt (exception_id);

-- ---- journal

create table journal (
  seq integer primary key,
  at integer not null,
  actor text not null,
  action text not null,
  object_kind text not null,
  object_id text not null,
  order_id integer,
  pair text,
  before_text text not null,
  after_text text not null,
  reason text not null,
  exception_id integer,
  payload_id integer,
  hash blob not null
) strict;
create index journal_object on journal (object_kind, object_id, seq);
create index journal_order on journal (order_id, seq) where order_id is not null;
create index journal_exception on journal (exception_id, seq) where exception_id is not null;
create trigger journal_no_update before update on journal
begin
  select raise(abort, 'the journal is append-only');
end;
create trigger journal_no_delete before delete on journal
begin
  select raise(abort, 'the journal is append-only');
end;

create table journal_head (
  one integer primary key check (one = 1),
  seq integer not null,
  hash blob not null
) strict;
insert into journal_head (one, seq, hash) values (1, 0, x'');

-- ---- warehouse knowledge

create table item (
  system text not null,
  code text not null,
  name text not null,
  barcode text not null,
  is_active integer not null,
  read_at integer not null,
  primary key (system, code)
) strict, without rowid;
create index item_barcode on item (system, barcode) where barcode <> '';

create table target (
  pair text not null,
  kind integer not null,
  side text not null,
  code text not null,
  name text not null,
  is_active integer not null,
  read_at integer not null,
  primary key (pair, kind, side, code)
) strict, without rowid;

create table snapshot (
  id integer primary key,
  system text not null,
  pair text not null,
  taken_at integer not null,
  is_complete integer not null,
  is_full integer not null,
  row_count integer not null,
  note text not null
) strict;
create index snapshot_system on snapshot (system, taken_at, id);

create table stock_level (
  system text not null,
  item text not null,
  site text not null,
  on_hand_each integer not null,
  allocated_each integer not null,
  available_each integer not null,
  snapshot_id integer not null,
  read_at integer not null,
  primary key (system, item, site)
) strict, without rowid;

create table position (
  pair text not null,
  item text not null,
  location text not null,
  sku text not null,
  is_notable integer not null,
  is_paused integer not null,
  gap_each integer not null,
  gap_sort integer not null,
  risk_sort integer not null,
  remainder_each integer not null,
  value_at_risk_minor integer not null,
  runs integer not null,
  drift_since integer,
  updated_at integer not null,
  body text not null,
  primary key (pair, item, location)
) strict, without rowid;
create index position_by_risk on position (risk_sort, pair, item, location) where is_notable = 1;
create index position_by_gap on position (gap_sort, pair, item, location) where is_notable = 1;
create index position_by_value on position (value_at_risk_minor, pair, item, location) where is_notable = 1;
create index position_by_item on position (item, pair, location) where is_notable = 1;

create table despatch (
  system text not null,
  despatch text not null,
  number text not null,
  state text not null,
  first_seen_at integer not null,
  order_id integer,
  updated_at integer not null,
  primary key (system, despatch, number)
) strict, without rowid;
create index despatch_number on despatch (system, number);
create index despatch_open on despatch (system, first_seen_at, despatch, number) where state in ('new', 'waiting');

create table despatch_line (
  system text not null,
  despatch text not null,
  number text not null,
  line_ref text not null,
  item text not null,
  n integer not null,
  qty_each integer not null,
  carrier text not null,
  service text not null,
  tracking text not null,
  despatched_at integer not null,
  site text not null,
  channel text not null,
  primary key (system, despatch, number, line_ref, item, n)
) strict, without rowid;

-- ---- mappings

-- Every version of every row stays; `since_set`/`until_set` say between which sets of the pair it was active.
create table mapping (
  id integer not null,
  version integer not null,
  pair text not null,
  kind integer not null,
  from_text text not null,
  condition text not null,
  to_text text not null,
  attributes text not null,
  status integer not null,
  author text not null,
  reason text not null,
  changed_at integer not null,
  used_count integer not null,
  last_used_at integer,
  broken text,
  since_set integer not null,
  until_set integer,
  search text not null,
  primary key (id, version)
) strict, without rowid;
create unique index mapping_active on mapping (pair, kind, from_text, condition) where status = 1;
create index mapping_history on mapping (pair, since_set);
create index mapping_rule on mapping (pair, kind, from_text, condition, version);

create table mapping_set (
  pair text not null,
  version integer not null,
  at integer not null,
  who text not null,
  reason text not null,
  edits text not null,
  primary key (pair, version)
) strict, without rowid;

create table mapping_serial (
  pair text primary key,
  serial integer not null
) strict, without rowid;

-- ---- schedules, pauses, requests, live state

create table schedule (
  pair text not null,
  flow integer not null,
  due_at integer not null,
  last_started_at integer,
  last_ok_at integer,
  last_note text not null,
  is_last_ok integer not null,
  failures integer not null,
  cursor text not null,
  updated_at integer not null,
  primary key (pair, flow)
) strict, without rowid;

-- flow 0 pauses the whole pair.
create table pause (
  pair text not null,
  flow integer not null,
  reason text not null,
  who text not null,
  at integer not null,
  primary key (pair, flow)
) strict, without rowid;

create table request (
  id integer primary key,
  at integer not null,
  who text not null,
  kind text not null,
  body text not null,
  is_done integer not null,
  is_ok integer not null,
  answer text not null,
  done_at integer
) strict;
create index request_new on request (id) where is_done = 0;

create table system_live (
  system text primary key,
  live text not null,
  updated_at integer not null
) strict, without rowid;
