-- The answer as it went out.
UPDATE healing.answers SET status = @Status, content_type = @ContentType::text, body = @Body WHERE visitor = @Visitor AND key = @Key
