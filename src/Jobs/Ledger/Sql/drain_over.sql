-- Only the very order that was given is taken back: one for a host leaves one for a worker alone.
DELETE FROM healing.drains WHERE scope = @Scope AND name = @Name
