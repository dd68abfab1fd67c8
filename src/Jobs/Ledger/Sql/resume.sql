-- Only the very brake that was set is released: resuming one target leaves a pause of everything alone.
DELETE FROM healing.pauses WHERE target_id = @Target
