-- Parcels without a label: 1 once it was judged whether somebody must know of it, so that each is judged once.
alter table despatch_line add column is_judged integer not null default 0;
create index despatch_line_unjudged on despatch_line (system, despatched_at) where tracking = '' and is_judged = 0;
