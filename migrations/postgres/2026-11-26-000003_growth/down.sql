DROP INDEX cases_outcome_groups;
DROP INDEX cases_received_groups;
DROP INDEX cases_restricted;
DROP INDEX cases_due_or_never;
