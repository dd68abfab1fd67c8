using System.Globalization;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Alerts;

/// <summary>The next step for somebody who has never seen this kind of damage before.</summary>
public static class WhatToDo
{
    public static string For(Incident incident, string what)
    {
        var id = incident.Id.ToString(CultureInfo.InvariantCulture);
        var look = $"Look at it with `healing incidents show {id}`. ";
        var again = incident.Repair is null ? $"When it is mended, `healing incidents close {id} --why \"...\"` ends it."
            : $"When the cause is gone, `healing incidents reopen {id} --why \"...\"` allows fresh attempts.";
        return what switch
        {
            "repair_failed" => look + "Nothing is to be done yet: it will be tried again. " + Hint(incident),
            "opened" when !incident.IsTakenUpAtOnce && !incident.Kind.IsSymptom => look + "Nothing repairs it by itself; it ends when two looks in a row no longer find it. " + Hint(incident),
            "opened" => look + "Nothing is to be done yet: what can be repaired is, and you are told where you are needed. " + Hint(incident),
            "approval_wanted" => look + $"Read its plan, then `healing approve {id}`. " + Hint(incident),
            "ended" when incident.State == IncidentState.Resolved && incident.Attempts > 0 => $"Nothing. `healing receipt {id} --verify` proves what was done.",
            "ended" => "Nothing.",
            _ => look + Hint(incident) + again,
        };
    }

    private static string Hint(Incident incident) => incident.Kind.Name switch
    {
        "btree_corrupt" when incident.Repair is null => "The commands that rebuild it are in its detail. ",
        "btree_corrupt" => $"Queries through {incident.Object} may miss rows until it is rebuilt. If the reason speaks of duplicates, resolve those first; "
            + "if the same index breaks again and again, suspect memory, disk and file system. ",
        "index_file_missing" => $"Queries on its table fail until {incident.Object} is rebuilt or dropped. Find out who removed the file: other files may be gone too. ",
        "heap_page_invalid" => $"No index rebuild brings {incident.Object} back. Copy its file away before anything is changed, look at the disk, and fetch the rows from a standby or a backup; do not set zero_damaged_pages. ",
        "index_count_differs" => $"No other check says which of the two counts of {incident.Object} is wrong. Compare it with a standby or a backup; REINDEX TABLE CONCURRENTLY helps where an index is at fault, not where rows are. ",
        "heap_tuple_corrupt" or "heap_tuple_unreadable" or "heap_xmin_invalid" or "heap_natts_wrong" or "heap_rows_hidden" or "heap_bits_wrong" or "toast_value_lost" or "visibility_map_wrong" or "frozen_map_wrong" when incident.Repair is null =>
            "Nothing here changes rows of the system catalogue. Take a copy of the server's files first, then restore from a backup or move to a standby that has been checked. ",
        "index_leftover" => $"{incident.Object} costs every write and serves no query. Drop it by hand if the reason says why this was refused. ",
        "collation_version" or "collation_order" => "Text sorts otherwise than when the indexes were built. Do not run REFRESH VERSION before every dependent index is rebuilt: that only mutes the warning. ",
        "checksum_failures" => "The server read damaged pages. Its log says which files; look at the disk before anything else and do not fail over to a copy that has not been checked. ",
        "backup_not_proven" => "Do not count on this backup. `healing backup run` makes another one and `healing restore-test` proves it; its reason says what is wrong with the old one. ",
        "backup_late" => "`healing backup list` shows what was made and what failed; `healing backup run` makes one now. ",
        "wal_not_received" => "Until it is received again, a restore reaches the last base backup and not the moment before the loss. `healing backup list` shows how far it came; its reason says what keeps it. ",
        "wal_slot_unbounded" => "Set max_slot_wal_keep_size on the primary and reload it: without a bound, a slot that nobody reads fills its disk. ",
        "catalogue_locks_out" => "Nobody gets into the database until the indexes of its catalogue are rebuilt: keep a copy of the data directory first. Its reason says how, by hand. ",
        "target_unreachable" => "See whether the server runs, accepts connections and knows this role. ",
        _ => "",
    };
}
