-- Words of a filter are looked for among the members of open cases without reading their rows.
create index occurrence_label on occurrence (exception_id, label) where cleared_at is null;
