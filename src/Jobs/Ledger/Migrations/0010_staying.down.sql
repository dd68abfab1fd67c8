-- A setting that is in force in a target stays: lift it first (protect: none), or by hand.
DROP TABLE healing.sample_exports;
DROP TABLE healing.incident_samples;
DROP TABLE healing.samples;
DROP TABLE healing.protections;
DROP TABLE healing.reports_taken;
