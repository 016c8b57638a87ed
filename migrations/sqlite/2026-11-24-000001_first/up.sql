-- The first schema. Its PostgreSQL twin declares the same tables and columns; see migrations/README.md.

CREATE TABLE installation (
    id BIGINT PRIMARY KEY,                 -- always 1
    uid BLOB NOT NULL,                    -- names this database; the index refuses another one's
    rules_version BIGINT NOT NULL,         -- grows with every change of rules, agencies, users' modes
    pack_id TEXT NOT NULL,
    pack_version BIGINT NOT NULL,
    settings TEXT NOT NULL,                -- JSON: zone, languages, names, thresholds
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE numbers (
    year BIGINT PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE areas (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    level TEXT NOT NULL,
    parent_id BIGINT REFERENCES areas (id),
    names TEXT NOT NULL,                   -- JSON: language to name
    valid_from DATE,
    valid_to DATE,
    successors TEXT NOT NULL               -- JSON: list of ids
);
CREATE INDEX areas_code ON areas (code);

CREATE TABLE agencies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    level TEXT NOT NULL,
    parent_id BIGINT REFERENCES agencies (id),
    names TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    address TEXT,
    area_id BIGINT REFERENCES areas (id),
    fields TEXT NOT NULL,                  -- JSON: list of codes
    answers_unreviewed BOOLEAN NOT NULL,   -- the pack waives the review of its answers
    valid_from DATE,
    valid_to DATE,
    successors TEXT NOT NULL
);
CREATE INDEX agencies_code ON agencies (code);

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    agency_id BIGINT REFERENCES agencies (id),
    confidential BOOLEAN NOT NULL,
    password_hash TEXT NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    notify_triage BOOLEAN NOT NULL,        -- asked for mail about cases that wait for a decision
    language TEXT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    disabled_at TIMESTAMP
);

CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    seen_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP,
    revoked_at TIMESTAMP
);
CREATE INDEX tokens_user ON tokens (user_id);

CREATE TABLE reporters (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    sealed BLOB,                          -- JSON of name, e-mail, phone, address; NULL when anonymous
    email_hash BLOB,                      -- keyed hash of the lower-cased e-mail
    phone_hash BLOB                       -- keyed hash of the E.164 telephone number
);
CREATE INDEX reporters_email ON reporters (email_hash);
CREATE INDEX reporters_phone ON reporters (phone_hash);

CREATE TABLE cases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    number TEXT NOT NULL UNIQUE,
    code_hash BLOB NOT NULL UNIQUE,
    version BIGINT NOT NULL,               -- every event: the lost-update check
    revision BIGINT NOT NULL,              -- events of people: the ETag
    reporter_id BIGINT NOT NULL REFERENCES reporters (id),
    reporter_kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    external_id TEXT,
    language TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    hide_identity BOOLEAN NOT NULL,
    consent_publish BOOLEAN NOT NULL,
    status TEXT NOT NULL,
    scope TEXT NOT NULL,
    authority TEXT NOT NULL,
    basis TEXT NOT NULL,
    category TEXT,
    confidence_permille BIGINT,
    about_agency_id BIGINT REFERENCES agencies (id),
    agency_id BIGINT REFERENCES agencies (id),
    assigned_to BIGINT REFERENCES users (id),
    area_id BIGINT REFERENCES areas (id),
    procedure_code TEXT,
    flags TEXT NOT NULL,                   -- codes between spaces, so that ' urgent ' can be looked for
    restricted BOOLEAN NOT NULL,
    received_at TIMESTAMP NOT NULL,
    received_day DATE NOT NULL,            -- in the pack's zone
    recorded_at TIMESTAMP NOT NULL,
    clock TEXT,
    due_at TIMESTAMP,
    paused_at TIMESTAMP,
    first_outcome_kind TEXT,
    first_outcome_at TIMESTAMP,
    first_outcome_due_at TIMESTAMP,
    first_outcome_tenths BIGINT,           -- tenths of a calendar day from receipt to first outcome
    rating BIGINT,
    rated_at TIMESTAMP,
    reopened_count BIGINT NOT NULL,
    needs_decision BOOLEAN NOT NULL,
    returned BOOLEAN NOT NULL,
    citizen_wrote BOOLEAN NOT NULL,
    unreviewed BOOLEAN NOT NULL,
    pending TEXT                           -- JSON: the answer or extension that waits for approval
);
CREATE INDEX cases_received ON cases (received_at);
CREATE INDEX cases_received_day ON cases (received_day, scope);
CREATE INDEX cases_status ON cases (status, due_at);
CREATE INDEX cases_due ON cases (due_at);
CREATE INDEX cases_agency ON cases (agency_id, status);
CREATE INDEX cases_assigned ON cases (assigned_to);
CREATE INDEX cases_reporter ON cases (reporter_id);
CREATE INDEX cases_outcome ON cases (first_outcome_at, first_outcome_kind);
CREATE INDEX cases_rated ON cases (rated_at);
CREATE INDEX cases_decide ON cases (needs_decision, received_at);
CREATE UNIQUE INDEX cases_external ON cases (channel, external_id);

CREATE TABLE case_spans (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    opened_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX case_spans_case ON case_spans (case_id);
CREATE INDEX case_spans_time ON case_spans (opened_at, ended_at);

CREATE TABLE deadlines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    clock TEXT NOT NULL,
    due_at TIMESTAMP NOT NULL,
    cause TEXT NOT NULL,                   -- the kind of the event that set it
    from_at TIMESTAMP NOT NULL,
    until_at TIMESTAMP                     -- closed, never overwritten
);
CREATE INDEX deadlines_case ON deadlines (case_id);

CREATE TABLE case_texts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,                    -- case title location message answer question note reason letter
    author_kind TEXT NOT NULL,
    language TEXT NOT NULL,
    sealed BLOB NOT NULL,
    hash BLOB NOT NULL
);
CREATE INDEX case_texts_case ON case_texts (case_id);

CREATE TABLE case_labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    category TEXT NOT NULL,
    scope TEXT NOT NULL,
    lead BOOLEAN NOT NULL,
    basis TEXT NOT NULL
);
CREATE INDEX case_labels_case ON case_labels (case_id);
CREATE INDEX case_labels_category ON case_labels (category);

CREATE TABLE case_agencies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    agency_id BIGINT NOT NULL REFERENCES agencies (id),
    role TEXT NOT NULL,                    -- about answers
    state TEXT NOT NULL,                   -- current former
    since TIMESTAMP NOT NULL
);
CREATE INDEX case_agencies_case ON case_agencies (case_id);

CREATE TABLE case_links (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    other_id BIGINT NOT NULL REFERENCES cases (id),
    kind TEXT NOT NULL,                    -- split merge related
    made_at TIMESTAMP NOT NULL,
    undone_at TIMESTAMP
);
CREATE INDEX case_links_case ON case_links (case_id);

CREATE TABLE case_access (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    user_id BIGINT NOT NULL REFERENCES users (id)
);
CREATE UNIQUE INDEX case_access_both ON case_access (case_id, user_id);

CREATE TABLE case_reads (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    user_id BIGINT NOT NULL REFERENCES users (id),
    read_at TIMESTAMP NOT NULL
);
CREATE INDEX case_reads_case ON case_reads (case_id);

CREATE TABLE decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    basis TEXT NOT NULL,
    user_id BIGINT REFERENCES users (id),
    scope TEXT NOT NULL,
    authority TEXT NOT NULL,
    category TEXT,
    confidence_permille BIGINT,
    model TEXT,
    sealed BLOB,                          -- JSON: reasons, neighbours, scores; quotes the text, so sealed
    decided_at TIMESTAMP NOT NULL,
    verdict TEXT                           -- of a machine's decision, said later by an officer: confirmed corrected
);
CREATE INDEX decisions_case ON decisions (case_id);
CREATE INDEX decisions_time ON decisions (decided_at, basis);

CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    payload_version BIGINT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BIGINT,
    occurred_at TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    payload TEXT NOT NULL
);
CREATE UNIQUE INDEX events_case ON events (case_id, version);
CREATE INDEX events_kind ON events (kind, occurred_at);

CREATE TABLE case_changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL
);

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT REFERENCES cases (id),
    message_id TEXT NOT NULL UNIQUE,
    recipient_kind TEXT NOT NULL,          -- reporter agency user
    recipient_id BIGINT NOT NULL,
    letter TEXT NOT NULL,
    parameters TEXT NOT NULL,              -- JSON: ids of texts, codes, dates; no text, no address
    language TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    not_before TIMESTAMP NOT NULL,
    leased_until TIMESTAMP,
    leased_by TEXT,
    last_error TEXT,
    sent_at TIMESTAMP
);
CREATE INDEX outbox_due ON outbox (state, not_before);
CREATE INDEX outbox_case ON outbox (case_id);

CREATE TABLE sent_mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    outbox_id BIGINT NOT NULL REFERENCES outbox (id),
    sealed BLOB NOT NULL,                 -- the message as sent, a citizen's code blanked
    sent_at TIMESTAMP NOT NULL
);
CREATE INDEX sent_mails_outbox ON sent_mails (outbox_id);

CREATE TABLE attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    sealed_name BLOB NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    hash BLOB NOT NULL,
    added_at TIMESTAMP NOT NULL
);
CREATE INDEX attachments_case ON attachments (case_id);

CREATE TABLE idempotency (
    key_hash BLOB PRIMARY KEY,
    request_hash BLOB NOT NULL,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until_at TIMESTAMP NOT NULL,
    last_success_at TIMESTAMP
);

CREATE TABLE models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    recipe TEXT NOT NULL,
    data_marks TEXT NOT NULL,
    bytes BLOB NOT NULL,
    state TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL
);

CREATE TABLE examples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    uid BLOB NOT NULL UNIQUE,
    case_id BIGINT NOT NULL REFERENCES cases (id),
    user_id BIGINT REFERENCES users (id),
    sealed BLOB NOT NULL,                 -- the masked text
    language TEXT NOT NULL,
    scope TEXT NOT NULL,
    category TEXT NOT NULL,
    labelled_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX examples_case ON examples (case_id);

CREATE TABLE pack_rows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    code TEXT NOT NULL,
    ordinal BIGINT NOT NULL,
    body TEXT NOT NULL,
    valid_from DATE,
    valid_to DATE,
    changed_at TIMESTAMP NOT NULL,
    changed_by BIGINT REFERENCES users (id)
);
CREATE INDEX pack_rows_kind ON pack_rows (kind, code);

CREATE TABLE erasures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_uid BLOB NOT NULL,
    erased_at TIMESTAMP NOT NULL
);
