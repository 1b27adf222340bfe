-- Labels that are booked, or booked again, after a despatch was read: 1 until the change was taken into account.
alter table despatch_line add column is_news bigint not null default 0;
create index despatch_line_news on despatch_line (system, despatch, number) where is_news = 1;
create index despatch_line_unlabelled on despatch_line (system, despatched_at) where tracking = '';
