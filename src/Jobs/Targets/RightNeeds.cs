namespace HealingWorkers.Jobs.Targets;

/// <summary>Which check and repair needs which right of its role; docs/rights.md says it in words.</summary>
public static class RightNeeds
{
    private static readonly string[] ReadsRows = ["duplicate_keys", "counts", "sequences", "foreign_keys", "allowed_values", "row_constraints", "json", "sql_rules", "standby_rows"];

    private static readonly string[] Owns =
    [
        "rebuild_index", "rebuild_index_locking", "drop_leftover", "resolve_duplicates", "rebuild_collation", "truncate_visibility_map", "unhide_rows", "freeze_tuples",
        "rewrite_table", "kill_tuples", "set_sequence", "recreate_sequence",
    ];

    private static readonly string[] TakesRows = ["resolve_duplicates", "toast_placeholder", "salvage", "kill_tuples", "quarantine_orphans", "nullify_orphans", "nullify_values", "quarantine_values"];

    /// <summary>By the name that rights.sql gives it. Checks go by the checking role, repairs by the repairing one, or by that for surgery.</summary>
    public static IReadOnlyList<RightNeed> All { get; } =
    [
        new("verify_indexes", RightOf.Check, "EXECUTE on amcheck's bt_index_check", ["btree", "checkunique"]),
        new("verify_index_parents", RightOf.Check, "EXECUTE on amcheck's bt_index_parent_check", ["btree_parent"]),
        new("verify_gin", RightOf.Check, "EXECUTE on amcheck's gin_index_check", ["gin"]) { FirstMajor = 18 },
        new("verify_heap", RightOf.Check, "EXECUTE on amcheck's verify_heapam", ["heap"]),
        new("verify_visibility", RightOf.Check, "EXECUTE on pg_visibility's pg_check_visible and pg_check_frozen", ["visibility"]),
        new("monitor", RightOf.Check, "Sight of other roles' sessions and of settings", ["leftovers", "triggers", "age", "database_stats", "standbys"]),
        new("read_rows", RightOf.Check, "SELECT on every table", ReadsRows),
        new("read_files", RightOf.Check, "Sight of the server's files", ["index_probe", "row_bits", "libraries"]),
        new("own_tables", RightOf.Repair, "Ownership of every table", Owns),
        new("make_quarantine", RightOf.Repair, "The schema healing_quarantine, or CREATE on the database for it", TakesRows),
        new("write_rows", RightOf.Repair, "SELECT, UPDATE and DELETE on every table", ["toast_placeholder", "quarantine_orphans", "nullify_orphans", "nullify_values", "quarantine_values", "salvage"]),
        new("truncate_visibility", RightOf.Repair, "EXECUTE on pg_visibility's pg_truncate_visibility_map", ["truncate_visibility_map"]),
        new("checkpoint", RightOf.Repair, "CHECKPOINT, to prove repairs past the cache", ["rewrite_table", "rebuild_index"]) { FirstMajor = 15 },
        new("surgery", RightOf.Surgery, "EXECUTE on pg_surgery's heap_force_freeze and heap_force_kill", ["unhide_rows", "freeze_tuples", "kill_tuples"]),
    ];

    /// <summary>Those that need nothing which can lack in a database: they read the catalogue, write on this machine, or work while the server is stopped.</summary>
    public static IReadOnlyList<string> Without { get; } = ["collation", "constraints", "keep_evidence", "keep_last_trace", "rebuild_critical_index", "catalogue_access", "rebuild_catalogue"];
}

public enum RightOf { Check, Repair, Surgery }

public sealed record RightNeed(string Name, RightOf Of, string Right, IReadOnlyList<string> NeededBy)
{
    public int FirstMajor { get; init; } = 14;
}

/// <param name="Role">The role that lacks it, as it logs in.</param>
/// <param name="NeededBy">Checks and repairs that are unavailable or see less without it.</param>
/// <param name="Detail">What exactly, as the tables that cannot be read.</param>
/// <param name="Grant">SQL for a superuser that gives it.</param>
public sealed record RightLacking(RightOf Of, string Role, string Name, string Right, IReadOnlyList<string> NeededBy, string? Detail, string Grant);
