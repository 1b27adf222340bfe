-- What a list shows, kept by name for the team. The key is the name in small letters.
create table list_view (
  list text not null,
  name_key text not null,
  name text not null,
  filter text not null,
  sort text not null,
  is_descending integer not null,
  version integer not null,
  saved_by text not null,
  saved_at integer not null,
  primary key (list, name_key)
) strict, without rowid;
