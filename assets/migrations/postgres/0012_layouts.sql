-- How a person wants the columns of a list: names in order, those not on show with a minus.
create table column_layout (
  operator text collate "C" not null,
  list text collate "C" not null,
  columns text collate "C" not null,
  saved_at bigint not null,
  primary key (operator, list)
);
