-- What people found errors to mean: the words of an answer by which one is known, and what a case is called for it.
create table error_rule (
  id integer primary key,
  kind text not null,
  words_key text not null,
  words text not null,
  name text not null,
  advice text not null,
  team integer,
  version integer not null,
  saved_by text not null,
  saved_at integer not null
) strict;
create unique index error_rule_words on error_rule (kind, words_key);
alter table exception add column rule_id integer;
create index exception_rule on exception (rule_id) where rule_id is not null;
