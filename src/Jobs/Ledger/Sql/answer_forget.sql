-- It failed for a reason of ours, and may be tried again.
DELETE FROM healing.answers WHERE visitor = @Visitor AND key = @Key
