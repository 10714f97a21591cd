-- From which server time on an unanswered attempt may be stored at a server that cannot tell a repeated message from
-- a new one, ms since 1970. NULL: not tried, or never at such a server.
ALTER TABLE outbox ADD COLUMN attempted INTEGER;
-- The newest message here before that attempt: what was known by then is not it.
ALTER TABLE outbox ADD COLUMN attempted_after INTEGER;
CREATE INDEX outbox_attempted ON outbox (attempted) WHERE attempted IS NOT NULL;
