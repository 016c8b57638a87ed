ALTER TABLE attachments DROP COLUMN preview_bytes;
ALTER TABLE attachments DROP COLUMN author_kind;
ALTER TABLE attachments DROP COLUMN version;
