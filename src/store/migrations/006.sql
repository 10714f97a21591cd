-- From which server time on an unanswered attempt may be stored at a server that cannot tell a repeated message from
-- a new one, ms since 1970. NULL: not tried, or never at such a server.
ALTER TABLE outbox ADD COLUMN attempted INTEGER;
CREATE INDEX outbox_attempted ON outbox (attempted) WHERE attempted IS NOT NULL;
