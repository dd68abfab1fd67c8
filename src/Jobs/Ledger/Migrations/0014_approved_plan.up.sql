-- Which plan a person has read of what may lose something: another one wants to be read again.
-- additive
-- optional

ALTER TABLE healing.incidents ADD COLUMN approved_plan text;
