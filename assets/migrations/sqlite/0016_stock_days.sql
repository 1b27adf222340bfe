-- How the stock of an item stood at the end of each day. A day takes the place of the one 32 days before it.
create table stock_day (
  pair text not null,
  item text not null,
  location text not null,
  slot integer not null,
  day integer not null,
  on_hand_each integer not null,
  publish_each integer not null,
  source_each integer,
  remainder_each integer not null,
  primary key (pair, item, location, slot)
) strict, without rowid;
