-- What was approved holds for as many rows again, whatever the plan.
ALTER TABLE healing.incidents DROP COLUMN approved_plan;
