-- Queues are counted at each look at the desk and each scrape of the metrics: what few cases are in
-- is found without reading all of them. The conditions are those of the queues, word for word.
CREATE INDEX cases_returned ON cases (id) WHERE returned;
CREATE INDEX cases_citizen_wrote ON cases (id) WHERE citizen_wrote;
CREATE INDEX cases_approve ON cases (id) WHERE pending IS NOT NULL OR status = 'answer_review';
