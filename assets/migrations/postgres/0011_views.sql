-- What a list shows, kept by name for the team. The key is the name in small letters.
create table list_view (
  list text collate "C" not null,
  name_key text collate "C" not null,
  name text collate "C" not null,
  filter text collate "C" not null,
  sort text collate "C" not null,
  is_descending bigint not null,
  version bigint not null,
  saved_by text collate "C" not null,
  saved_at bigint not null,
  primary key (list, name_key)
);
