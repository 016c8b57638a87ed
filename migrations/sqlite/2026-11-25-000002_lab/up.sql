-- Changes of the rules on their way: drafted, tried on past cases, published from a day, rolled back.
CREATE TABLE editions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    changes TEXT NOT NULL,                 -- JSON: list of changes
    trial TEXT,                            -- JSON: what the trial found
    before TEXT,                           -- JSON: what publishing replaced, to roll back
    valid_from DATE,
    made_by BIGINT NOT NULL REFERENCES users (id),
    made_at TIMESTAMP NOT NULL,
    published_by BIGINT REFERENCES users (id),
    published_at TIMESTAMP
);
CREATE INDEX editions_state ON editions (state);
