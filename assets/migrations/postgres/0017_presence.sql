-- Who looks at what just now, so that two people do not work on one thing without knowing. Nothing of the books.
create table presence (
  session text collate "C" not null primary key,
  who text collate "C" not null,
  place text collate "C" not null,
  since bigint not null,
  seen_at bigint not null
);
create index presence_place on presence (place);
