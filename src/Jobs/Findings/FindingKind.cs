namespace HealingWorkers.Jobs.Findings;

/// <summary>A way in which a database can be wrong. Names are public and never change.</summary>
/// <param name="IsEvent">An event does not go away by itself: only a full re-read or a person resolves it.</param>
public sealed record FindingKind(string Name, Severity Severity, string? Repair, RiskClass? Risk, string Summary, bool IsEvent = false)
{
    public static readonly FindingKind BtreeCorrupt = new("btree_corrupt", Severity.Critical, "rebuild_index", RiskClass.LosslessOnline,
        "A B-tree index no longer agrees with its table or with itself.");

    public static readonly FindingKind IndexFileMissing = new("index_file_missing", Severity.Critical, "rebuild_index", RiskClass.LosslessOnline,
        "The file of an index is gone; queries on the table fail in the planner.");

    public static readonly FindingKind HeapPageInvalid = new("heap_page_invalid", Severity.Critical, null, null,
        "A page of a table, or of its TOAST table, cannot be read; no rebuild of an index brings it back.");

    public static readonly FindingKind IndexCorrupt = new("index_corrupt", Severity.Critical, "rebuild_index", RiskClass.LosslessOnline,
        "An index that is no B-tree no longer agrees with itself.");

    public static readonly FindingKind IndexIncomplete = new("index_incomplete", Severity.Critical, "rebuild_index", RiskClass.LosslessOnline,
        "Rows of a table are not found through one of its indexes.");

    public static readonly FindingKind HeapRowsLost = new("heap_rows_lost", Severity.Critical, "keep_last_trace", RiskClass.LosslessOnline,
        "An index points at rows that its table no longer has.", IsEvent: true);

    public static readonly FindingKind HeapValueSuspect = new("heap_value_suspect", Severity.Critical, "keep_evidence", RiskClass.LosslessOnline,
        "A row and its entry in an index say two things, and nothing tells which is right.", IsEvent: true);

    public static readonly FindingKind DuplicateKeys = new("duplicate_keys", Severity.Critical, "resolve_duplicates", RiskClass.Quarantining,
        "Several rows of a table have the same value of a key that is unique.");

    public static readonly FindingKind HeapTupleCorrupt = new("heap_tuple_corrupt", Severity.Critical, "kill_tuples", RiskClass.Manual,
        "A row version, or the chain that it belongs to, breaks the rules of its page.");

    public static readonly FindingKind HeapTupleUnreadable = new("heap_tuple_unreadable", Severity.Critical, "salvage", RiskClass.LosslessOnline,
        "Where a row version lies in its page, or how long it or one of its values is, makes no sense: whoever reads it may crash the server.");

    public static readonly FindingKind HeapXminInvalid = new("heap_xmin_invalid", Severity.Critical, "freeze_tuples", RiskClass.Manual,
        "A row version names a transaction that cannot have made or removed it, so that the row is not seen, or will not be.");

    public static readonly FindingKind HeapNattsWrong = new("heap_natts_wrong", Severity.Critical, "rewrite_table", RiskClass.LosslessLocking,
        "A row version claims more columns than its table has.");

    public static readonly FindingKind HeapRowsHidden = new("heap_rows_hidden", Severity.Critical, "unhide_rows", RiskClass.LosslessOnline,
        "Committed rows are marked as if they were not; only the visibility map still shows them, and the next VACUUM would remove them.") { MayBeLost = true };

    public static readonly FindingKind HeapBitsWrong = new("heap_bits_wrong", Severity.Critical, "freeze_tuples", RiskClass.Manual,
        "Committed rows are marked as if they were not, and nothing shows them any more; the next VACUUM would remove them.") { MayBeLost = true };

    public static readonly FindingKind ToastValueLost = new("toast_value_lost", Severity.Critical, "toast_placeholder", RiskClass.Manual,
        "A long value that a row refers to is not whole in the TOAST table; a query that wants it fails.");

    public static readonly FindingKind VisibilityMapWrong = new("visibility_map_wrong", Severity.Critical, "truncate_visibility_map", RiskClass.LosslessOnline,
        "The visibility map calls a page all-visible that is not: index-only scans, and scans of that page, show rows that are gone.");

    public static readonly FindingKind FrozenMapWrong = new("frozen_map_wrong", Severity.Critical, "truncate_visibility_map", RiskClass.LosslessOnline,
        "The visibility map calls a page all-frozen that is not: VACUUM would skip it until its transactions are forgotten.");

    public static readonly FindingKind IndexCountDiffers = new("index_count_differs", Severity.Critical, null, null,
        "A count through an index and a count of the table give two numbers.") { IsSymptom = true };

    public static readonly FindingKind IndexLeftover = new("index_leftover", Severity.Warning, "drop_leftover", RiskClass.LosslessOnline,
        "An invalid index was left behind by a build that did not finish.");

    public static readonly FindingKind CollationVersion = new("collation_version", Severity.Warning, "rebuild_collation", RiskClass.LosslessOnline,
        "The recorded version of a collation is not the one the operating system now provides.");

    public static readonly FindingKind CollationOrder = new("collation_order", Severity.Critical, "rebuild_collation", RiskClass.LosslessOnline,
        "A collation sorts a fixed set of strings otherwise than before, though no version says so.");

    public static readonly FindingKind SequenceBehind = new("sequence_behind", Severity.Warning, "set_sequence", RiskClass.LosslessOnline,
        "A sequence is about to give out numbers that its column already holds.");

    public static readonly FindingKind SequenceUnreadable = new("sequence_unreadable", Severity.Critical, "recreate_sequence", RiskClass.LosslessLocking,
        "A sequence cannot be read: every insert that needs a number of it fails.");

    public static readonly FindingKind SequenceNearEnd = new("sequence_near_end", Severity.Warning, null, null,
        "A sequence, or the column that it numbers, has few numbers left.");

    public static readonly FindingKind SequenceDetached = new("sequence_detached", Severity.Info, null, null,
        "A sequence belongs to a column that no longer draws from it.");

    public static readonly FindingKind ConstraintNotValid = new("constraint_not_valid", Severity.Info, null, null,
        "A constraint holds for new rows only, since those from before it was added were never looked at, or, not enforced, for none.");

    public static readonly FindingKind ForeignKeyDisabled = new("foreign_key_disabled", Severity.Warning, null, null,
        "The triggers behind a foreign key are switched off: it keeps nothing out.");

    public static readonly FindingKind KeyDisabled = new("key_disabled", Severity.Warning, null, null,
        "The trigger behind a deferrable key or exclusion constraint is switched off: rows that it forbids stay.");

    public static readonly FindingKind TriggerDisabled = new("trigger_disabled", Severity.Info, null, null,
        "A trigger is switched off.");

    public static readonly FindingKind ReplicaRole = new("replica_role", Severity.Warning, null, null,
        "Sessions run with session_replication_role = replica by default: no foreign key and no trigger works in them.");

    public static readonly FindingKind LibraryMissing = new("library_missing", Severity.Warning, null, null,
        "Functions of the database live in a library that the server has not got.");

    public static readonly FindingKind WraparoundNear = new("wraparound_near", Severity.Warning, null, null,
        "The oldest transaction of the database is so old that transaction numbers run out.");

    public static readonly FindingKind HorizonHeldBySlot = new("horizon_held_by_slot", Severity.Warning, null, null,
        "A replication slot that nobody uses keeps dead rows or WAL from being removed.");

    public static readonly FindingKind HorizonHeldByPrepared = new("horizon_held_by_prepared", Severity.Warning, null, null,
        "A prepared transaction that nobody ends keeps its locks and keeps dead rows from being removed.");

    public static readonly FindingKind ChecksumFailures = new("checksum_failures", Severity.Critical, null, null,
        "The server counted new page checksum failures.", IsEvent: true);

    public static readonly FindingKind DeadlyRead = new("deadly_read", Severity.Critical, null, null,
        "Reading an object brings the server down, or cannot be stopped; the check that met it does not read it any more.", IsEvent: true);

    public static readonly FindingKind CatalogueLocksOut = new("catalogue_locks_out", Severity.Critical, "rebuild_catalogue", RiskClass.Manual,
        "The catalogue of the database is so damaged that no session with it begins.");

    public static readonly FindingKind TargetUnreachable = new("target_unreachable", Severity.Critical, null, null,
        "The database cannot be reached.") { IsOfSurroundings = true };

    public static readonly FindingKind BackupLate = new("backup_late", Severity.Warning, null, null,
        "No good backup of the database is as young as it should be.") { IsOfSurroundings = true };

    public static readonly FindingKind BackupNotProven = new("backup_not_proven", Severity.Critical, null, null,
        "A backup was restored, and what came of it is not what was backed up, or is damaged.") { IsOfSurroundings = true };

    public static readonly FindingKind WalNotReceived = new("wal_not_received", Severity.Warning, null, null,
        "The WAL of the server is not received, so that a restore reaches no point after the last that came.") { IsOfSurroundings = true };

    public static readonly FindingKind WalSlotUnbounded = new("wal_slot_unbounded", Severity.Warning, null, null,
        "The server bounds no slot, so that the one through which WAL is received fills its disk while no worker lives.") { IsOfSurroundings = true };

    public static readonly FindingKind StandbyLagging = new("standby_lagging", Severity.Warning, null, null,
        "A standby is further behind than a promotion allows.") { IsOfSurroundings = true };

    public static readonly FindingKind StandbyStopped = new("standby_stopped", Severity.Warning, null, null,
        "A standby cannot be reached, receives nothing, or does not replay what it receives.") { IsOfSurroundings = true };

    public static readonly FindingKind StandbyWrong = new("standby_wrong", Severity.Critical, null, null,
        "A configured standby is none of this target: another cluster, another timeline, or a server that takes writes of its own.") { IsOfSurroundings = true };

    public static readonly FindingKind SyncStandbyMissing = new("sync_standby_missing", Severity.Warning, null, null,
        "Commits wait for synchronous standbys that do not answer.") { IsOfSurroundings = true };

    public static readonly FindingKind StandbyCorrupt = new("standby_corrupt", Severity.Critical, null, null,
        "A check found damage on a standby.") { IsOfSurroundings = true };

    public static readonly FindingKind StandbyDiffers = new("standby_differs", Severity.Critical, null, null,
        "Rows of a standby are not those of its primary.") { IsOfSurroundings = true };

    public static readonly FindingKind OrphanRows = new("orphan_rows", Severity.Warning, "quarantine_orphans", RiskClass.Quarantining,
        "Rows point at rows of another table that do not exist.") { IsOfData = true };

    public static readonly FindingKind ValueNotAllowed = new("value_not_allowed", Severity.Warning, "nullify_values", RiskClass.Quarantining,
        "A column holds values that its rule does not allow.") { IsOfData = true };

    public static readonly FindingKind ConstraintViolated = new("constraint_violated", Severity.Warning, "quarantine_values", RiskClass.Quarantining,
        "Rows do not keep a constraint that the catalogue says is valid.") { IsOfData = true };

    public static readonly FindingKind JsonShapeInvalid = new("json_shape_invalid", Severity.Warning, "nullify_values", RiskClass.Quarantining,
        "A column holds JSON of another shape than its schema, or no JSON at all.") { IsOfData = true };

    public static readonly FindingKind RuleViolated = new("rule_violated", Severity.Warning, null, null,
        "A rule of the owner's own returned rows.") { IsOfData = true };

    /// <summary>The index itself is damaged, and a look at what was built in its place tells whether it still is.</summary>
    public bool IsOfIndex => this == BtreeCorrupt || this == IndexFileMissing || this == IndexCorrupt || this == IndexIncomplete;

    /// <summary>About what the rows say, which applications can get wrong again and again: it points at no hardware.</summary>
    public bool IsOfData { get; init; }

    /// <summary>Not about what the database holds but about what is around it: whether it can be reached, its backups, its standbys. It stops nobody's writes.</summary>
    public bool IsOfSurroundings { get; init; }

    /// <summary>It says that something is wrong with a table and not what: it goes away with what the other checks find there.</summary>
    public bool IsSymptom { get; init; }

    /// <summary>What is found no more may be well, or be lost: a VACUUM leaves no trace of it. As long as its table is there, only a repair or a person resolves it.</summary>
    public bool MayBeLost { get; init; }

    /// <summary>Grouped as in the catalogue of checks, a line each.</summary>
    public static readonly IReadOnlyList<FindingKind> All =
    [
        // indexes
        BtreeCorrupt,
        IndexFileMissing,
        IndexCorrupt,
        IndexIncomplete,
        HeapRowsLost,
        HeapValueSuspect,
        DuplicateKeys,
        IndexLeftover,

        // order of text
        CollationVersion,
        CollationOrder,

        // tables
        HeapPageInvalid,
        HeapTupleCorrupt,
        HeapTupleUnreadable,
        HeapXminInvalid,
        HeapNattsWrong,
        HeapRowsHidden,
        HeapBitsWrong,
        ToastValueLost,
        VisibilityMapWrong,
        FrozenMapWrong,
        IndexCountDiffers,

        // sequences and the catalogue
        SequenceBehind,
        SequenceUnreadable,
        SequenceNearEnd,
        SequenceDetached,
        ConstraintNotValid,
        ForeignKeyDisabled,
        KeyDisabled,
        TriggerDisabled,
        ReplicaRole,
        LibraryMissing,

        // what the data mean
        OrphanRows,
        ValueNotAllowed,
        ConstraintViolated,
        JsonShapeInvalid,
        RuleViolated,

        // the server
        WraparoundNear,
        HorizonHeldBySlot,
        HorizonHeldByPrepared,
        ChecksumFailures,
        DeadlyRead,
        CatalogueLocksOut,
        TargetUnreachable,

        // backups
        BackupLate,
        BackupNotProven,
        WalNotReceived,
        WalSlotUnbounded,

        // standbys
        StandbyLagging,
        StandbyStopped,
        StandbyWrong,
        SyncStandbyMissing,
        StandbyCorrupt,
        StandbyDiffers,
    ];

    public static FindingKind Named(string name) => All.First(k => string.Equals(k.Name, name, StringComparison.Ordinal));
}
