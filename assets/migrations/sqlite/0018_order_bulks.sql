-- Acts on many orders beside those on many cases.
alter table bulk add column is_on_orders integer not null default 0;
alter table bulk_item rename column exception_id to object_id;
