-- What people found errors to mean: the words of an answer by which one is known, and what a case is called for it.
create table error_rule (
  id bigint primary key generated always as identity,
  kind text collate "C" not null,
  words_key text collate "C" not null,
  words text collate "C" not null,
  name text collate "C" not null,
  advice text collate "C" not null,
  team bigint,
  version bigint not null,
  saved_by text collate "C" not null,
  saved_at bigint not null
);
create unique index error_rule_words on error_rule (kind, words_key);
alter table exception add column rule_id bigint;
create index exception_rule on exception (rule_id) where rule_id is not null;
