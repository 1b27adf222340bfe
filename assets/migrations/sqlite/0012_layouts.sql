-- How a person wants the columns of a list: names in order, those not on show with a minus.
create table column_layout (
  operator text not null,
  list text not null,
  columns text not null,
  saved_at integer not null,
  primary key (operator, list)
) strict, without rowid;
