-- The board of lanes adds up what waits and what is owed from the indexes alone, however many movements there are.
drop index movement_lane;
create index movement_lane on movement (pair, lane, turn, item, delta_each, delivery_id, is_open) where is_open = 1;
drop index movement_owed;
create index movement_owed on movement (pair, lane, turn, delta_each) where is_owed = 1;
