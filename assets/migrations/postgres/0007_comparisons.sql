-- A comparison of two ledgers leaves out what moves while it reads: lanes in which anything happened since a time.
create index movement_touched on movement (pair, updated_at);
