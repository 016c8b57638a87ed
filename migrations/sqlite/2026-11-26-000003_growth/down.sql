DROP INDEX cases_approve;
DROP INDEX cases_citizen_wrote;
DROP INDEX cases_returned;
DROP INDEX cases_restricted;
DROP INDEX cases_due_or_never;
