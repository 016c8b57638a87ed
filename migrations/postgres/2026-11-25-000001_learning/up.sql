-- How near the nearest text was that the engine had learned, 0 to 1000: drift is seen by it.
ALTER TABLE decisions ADD COLUMN nearness_permille BIGINT;
CREATE INDEX decisions_user ON decisions (user_id, decided_at);

-- How many officers' labels a model learned beside the pack, and the id of the last of them.
ALTER TABLE models ADD COLUMN labels BIGINT NOT NULL DEFAULT 0;
ALTER TABLE models ADD COLUMN last_label BIGINT NOT NULL DEFAULT 0;
