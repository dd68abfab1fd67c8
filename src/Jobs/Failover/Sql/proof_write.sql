-- committed by itself, so that the read after it is of something durable
INSERT INTO healing_failover.written (id, said) VALUES (@id, @said)
