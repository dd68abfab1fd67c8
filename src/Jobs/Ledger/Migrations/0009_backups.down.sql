-- Backups on disk stay; what was known of them goes.
DROP TABLE healing.restore_tests;
DROP TABLE healing.backups;
