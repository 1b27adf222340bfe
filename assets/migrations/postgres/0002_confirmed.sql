-- Units whose despatch the source was told about, a row per confirmation: parts of an order count when they were told.
create table confirmed (
  pair text collate "C" not null,
  item text collate "C" not null,
  location text collate "C" not null,
  at bigint not null,
  qty_each bigint not null
);
create index confirmed_at on confirmed (pair, at);
insert into confirmed (pair, item, location, at, qty_each)
select o.pair, coalesce(l.item, l.sku), o.location, o.confirmed_at, l.confirmed_each
from orders o join order_line l on l.order_id = o.id
where l.confirmed_each > 0 and o.confirmed_at >= (select max(confirmed_at) from orders) - 259200000000;
