-- What is known of a key.
SELECT request_sha256, status, content_type, body FROM healing.answers WHERE visitor = @Visitor AND key = @Key
