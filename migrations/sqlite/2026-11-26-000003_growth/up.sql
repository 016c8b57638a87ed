-- So that no list and no queue reads the whole table. A missing date sorts after all others, as the
-- list says it.
CREATE INDEX cases_due_or_never ON cases (COALESCE(due_at, '9999-01-01 00:00:00'), id);
CREATE INDEX cases_restricted ON cases (id) WHERE restricted;
CREATE INDEX cases_returned ON cases (id) WHERE returned;
CREATE INDEX cases_citizen_wrote ON cases (id) WHERE citizen_wrote;
CREATE INDEX cases_approve ON cases (id) WHERE pending IS NOT NULL OR status = 'answer_review';
