-- Goods that come back, line by line, and the money that went back beside them.
create table goods_return (
  id integer not null primary key,
  pair text not null,
  reference text not null,
  key text not null,
  cause integer not null,
  cause_id text not null,
  order_id integer not null references orders (id),
  order_number text not null,
  wms_number text not null,
  state integer not null,
  money integer not null,
  reason text not null,
  authorised_by text not null,
  created_at integer not null,
  authorised_at integer,
  expected_at integer,
  received_at integer,
  inspected_at integer,
  stocked_at integer,
  gate_opened_at integer,
  awaited_until integer,
  approvals text not null,
  version integer not null,
  updated_at integer not null,
  updated_by text not null
) strict;
create unique index goods_return_reference on goods_return (pair, reference);
create unique index goods_return_key on goods_return (key);
create index goods_return_order on goods_return (order_id);
create index goods_return_open on goods_return (pair, id) where state < 9;
create table goods_return_line (
  return_id integer not null references goods_return (id),
  n integer not null,
  line_ref text not null,
  sku text not null,
  item text not null,
  authorised_each integer not null,
  received_each integer not null,
  sellable_each integer not null,
  unsellable_each integer not null,
  stocked_each integer not null,
  confirmed_each integer not null,
  disposed_each integer not null,
  disposition integer,
  credited_each integer not null,
  primary key (return_id, n)
) strict, without rowid;
-- What the source or a person said about goods or money going back: one row each, for ever.
create table return_claim (
  pair text not null,
  cause integer not null,
  id text not null,
  order_id integer not null references orders (id),
  at integer not null,
  units text not null,
  is_whole integer not null,
  amount_minor integer,
  currency text not null,
  state integer not null,
  due_at integer,
  note text not null,
  updated_at integer not null,
  primary key (pair, cause, id)
) strict, without rowid;
create index return_claim_order on return_claim (order_id);
create index return_claim_open on return_claim (pair, state) where state < 2;
