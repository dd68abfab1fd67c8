-- A person closed a loss of rows of the table after the incident was opened: from then on its indexes need not be kept for them.
SELECT EXISTS (
    SELECT FROM healing.incidents l JOIN healing.incidents i ON i.id = @Id
    WHERE l.target_id = @TargetId AND l.kind = @Kind AND l.object_oid = @Table AND l.state = 'Closed' AND l.closed_at >= i.opened_at)
