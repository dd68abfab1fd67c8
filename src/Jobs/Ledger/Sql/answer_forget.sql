-- It failed for a reason of ours with nothing done, and may be tried again.
DELETE FROM healing.answers WHERE visitor = @Visitor AND key = @Key AND body IS NULL
