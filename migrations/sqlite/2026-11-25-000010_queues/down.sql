DROP INDEX cases_approve;
DROP INDEX cases_citizen_wrote;
DROP INDEX cases_returned;
