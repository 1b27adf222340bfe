-- Who looks at what just now, so that two people do not work on one thing without knowing. Nothing of the books.
create table presence (
  session text not null primary key,
  who text not null,
  place text not null,
  since integer not null,
  seen_at integer not null
) strict, without rowid;
create index presence_place on presence (place);
