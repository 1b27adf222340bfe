-- How the stock of an item stood at the end of each day. A day takes the place of the one 32 days before it.
create table stock_day (
  pair text collate "C" not null,
  item text collate "C" not null,
  location text collate "C" not null,
  slot bigint not null,
  day bigint not null,
  on_hand_each bigint not null,
  publish_each bigint not null,
  source_each bigint,
  remainder_each bigint not null,
  primary key (pair, item, location, slot)
);
