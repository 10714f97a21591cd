-- Every message's tokens, made in Rust (`src/store/search`). Its rowid is the message's place in time: newest
-- first is backwards, a time range is a range of rowids. The text itself stays in `message` alone.
CREATE VIRTUAL TABLE search USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
