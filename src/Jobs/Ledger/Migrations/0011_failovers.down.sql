-- What was promoted stays promoted; that it was is forgotten.
DROP TABLE healing.failovers;
