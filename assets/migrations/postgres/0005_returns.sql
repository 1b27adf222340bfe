-- Goods that come back, line by line, and the money that went back beside them.
create table goods_return (
  id bigint not null primary key,
  pair text collate "C" not null,
  reference text collate "C" not null,
  key text collate "C" not null,
  cause bigint not null,
  cause_id text collate "C" not null,
  order_id bigint not null references orders (id),
  order_number text collate "C" not null,
  wms_number text collate "C" not null,
  state bigint not null,
  money bigint not null,
  reason text collate "C" not null,
  authorised_by text collate "C" not null,
  created_at bigint not null,
  authorised_at bigint,
  expected_at bigint,
  received_at bigint,
  inspected_at bigint,
  stocked_at bigint,
  gate_opened_at bigint,
  awaited_until bigint,
  approvals text collate "C" not null,
  version bigint not null,
  updated_at bigint not null,
  updated_by text collate "C" not null
);
create unique index goods_return_reference on goods_return (pair, reference);
create unique index goods_return_key on goods_return (key);
create index goods_return_order on goods_return (order_id);
create index goods_return_open on goods_return (pair, id) where state < 9;
create table goods_return_line (
  return_id bigint not null references goods_return (id),
  n bigint not null,
  line_ref text collate "C" not null,
  sku text collate "C" not null,
  item text collate "C" not null,
  authorised_each bigint not null,
  received_each bigint not null,
  sellable_each bigint not null,
  unsellable_each bigint not null,
  stocked_each bigint not null,
  confirmed_each bigint not null,
  disposed_each bigint not null,
  disposition bigint,
  credited_each bigint not null,
  primary key (return_id, n)
);
-- What the source or a person said about goods or money going back: one row each, for ever.
create table return_claim (
  pair text collate "C" not null,
  cause bigint not null,
  id text collate "C" not null,
  order_id bigint not null references orders (id),
  at bigint not null,
  units text collate "C" not null,
  is_whole bigint not null,
  amount_minor bigint,
  currency text collate "C" not null,
  state bigint not null,
  due_at bigint,
  note text collate "C" not null,
  updated_at bigint not null,
  primary key (pair, cause, id)
);
create index return_claim_order on return_claim (order_id);
create index return_claim_open on return_claim (pair, state) where state < 2;
