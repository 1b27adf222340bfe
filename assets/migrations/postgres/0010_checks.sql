-- Checks that people signed, with the figures as they were, and what one shift told the next. Both are only ever added to.
create table check_signature (
  check_code text collate "C" not null,
  team bigint not null,
  cadence bigint not null,
  first_day text collate "C" not null,
  signed_at bigint not null,
  signed_by text collate "C" not null,
  result text collate "C" not null,
  note text collate "C" not null,
  primary key (cadence, first_day, check_code, team)
);
create table hand_over (
  id bigint generated always as identity primary key,
  team bigint not null,
  at bigint not null,
  by_whom text collate "C" not null,
  body text collate "C" not null
);
create index hand_over_team on hand_over (team, at, id);

create function signed_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'signatures and hand-over notes are append-only';
end;
$$;
create trigger check_signature_no_change before update or delete on check_signature
  for each row execute function signed_append_only();
create trigger check_signature_no_truncate before truncate on check_signature
  for each statement execute function signed_append_only();
create trigger hand_over_no_change before update or delete on hand_over
  for each row execute function signed_append_only();
create trigger hand_over_no_truncate before truncate on hand_over
  for each statement execute function signed_append_only();
