-- Checks that people signed, with the figures as they were, and what one shift told the next. Both are only ever added to.
create table check_signature (
  check_code text not null,
  team integer not null,
  cadence integer not null,
  first_day text not null,
  signed_at integer not null,
  signed_by text not null,
  result text not null,
  note text not null,
  primary key (cadence, first_day, check_code, team)
) strict, without rowid;
create trigger check_signature_no_update before update on check_signature
begin
  select raise(abort, 'signatures are append-only');
end;
create trigger check_signature_no_delete before delete on check_signature
begin
  select raise(abort, 'signatures are append-only');
end;

create table hand_over (
  id integer primary key,
  team integer not null,
  at integer not null,
  by_whom text not null,
  body text not null
) strict;
create index hand_over_team on hand_over (team, at, id);
create trigger hand_over_no_update before update on hand_over
begin
  select raise(abort, 'hand-over notes are append-only');
end;
create trigger hand_over_no_delete before delete on hand_over
begin
  select raise(abort, 'hand-over notes are append-only');
end;
