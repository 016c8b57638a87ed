-- The event that a file came with, and who brought it; the bytes of its preview, 0 where there is
-- none.
ALTER TABLE attachments ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE attachments ADD COLUMN author_kind TEXT NOT NULL DEFAULT 'citizen';
ALTER TABLE attachments ADD COLUMN preview_bytes BIGINT NOT NULL DEFAULT 0;
