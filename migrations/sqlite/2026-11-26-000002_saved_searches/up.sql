-- Searches that officers keep, and what an alert has last seen of them.
CREATE TABLE saved_searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id BIGINT NOT NULL REFERENCES users (id),
    uid BLOB NOT NULL UNIQUE,
    sealed BLOB NOT NULL,                  -- JSON: name, and parameters of the desk's list
    alert TEXT NOT NULL,
    threshold BIGINT,
    held TEXT,                             -- JSON: ids of the newest cases at the last look
    is_over BOOLEAN NOT NULL,
    is_broken BOOLEAN NOT NULL,
    made_at TIMESTAMP NOT NULL,
    looked_at TIMESTAMP,
    look_at TIMESTAMP                      -- when to look next; NULL: never
);
CREATE INDEX saved_searches_user ON saved_searches (user_id);
CREATE INDEX saved_searches_look ON saved_searches (look_at) WHERE look_at IS NOT NULL;
