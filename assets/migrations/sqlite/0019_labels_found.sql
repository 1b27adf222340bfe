-- Words of a filter are looked for among the members of open cases without reading their rows. The last column stands
-- there because SQLite asks for it although the index holds no other value of it.
create index occurrence_label on occurrence (exception_id, label, cleared_at) where cleared_at is null;
