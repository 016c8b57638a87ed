ALTER TABLE models DROP COLUMN last_label;
ALTER TABLE models DROP COLUMN labels;
DROP INDEX decisions_user;
ALTER TABLE decisions DROP COLUMN nearness_permille;
