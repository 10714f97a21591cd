ALTER TABLE message ADD COLUMN local_path TEXT;
