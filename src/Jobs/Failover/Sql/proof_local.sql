-- its commits wait for no standby: those of a new primary may not have found it yet
SET SESSION synchronous_commit TO local
