-- So that no list reads the whole table for its order. A missing date sorts after all others, as the
-- list says it.
CREATE INDEX cases_due_or_never ON cases (COALESCE(due_at, TIMESTAMP '9999-01-01 00:00:00'), id);
CREATE INDEX cases_restricted ON cases (id) WHERE restricted;
-- The leaders' summary reads these and no row of the table.
CREATE INDEX cases_received_groups ON cases
    (received_day, scope, authority, channel, due_at, first_outcome_due_at, agency_id);
CREATE INDEX cases_outcome_groups ON cases
    (first_outcome_at, first_outcome_kind, first_outcome_tenths, first_outcome_due_at, agency_id);
