-- Who takes nothing new, and why.
SELECT scope, name, actor, why, at FROM healing.drains ORDER BY scope, name
