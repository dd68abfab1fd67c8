-- All that is ours in the control database lives here.
CREATE SCHEMA healing
