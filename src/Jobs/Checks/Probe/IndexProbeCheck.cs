using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Indexes of every method against their tables, in both directions: is every row in the index, and is there a row behind every entry.</summary>
public sealed class IndexProbeCheck : ICheck
{
    public const string CheckName = "index_probe";
    private const int MostSuspected = 2 * IndexSuspects.Most;

    public CheckDescription Description { get; } = new(
        CheckName, "Compares indexes of every method with their tables: each row must be in the index, each entry must lead to a row, and the pages must be what their checksums say.", "db.index_check",
        "Reads the files of every index and of its table once, beside the server, and by queries the rows that are doubted or belong to partial, hash, BRIN or GIN indexes.",
        "None, as a rule. Where entries seem to lead nowhere, SHARE UPDATE EXCLUSIVE on the table for a moment, a minute at most: nobody who reads or writes waits.",
        "Sight of the server's files: its data directory, or pg_read_binary_file and pg_stat_file; CHECKPOINT (pg_checkpoint from PostgreSQL 15 on) and, to be certain of lost rows, a right on the table that allows LOCK.",
        "Indexes of catalogues, of TOAST tables, of materialized views, and of unlogged and temporary tables, which btree and gin look at as far as they can. Rows of a GIN index that some of their keys still lead to and others no longer, save for arrays and tsvector in a column of their own. Keys of more than 500 bytes that changed there. Keys that changed in the entries of GiST and SP-GiST indexes while their rows are still there, of GIN indexes where their order tells nothing, and of hash indexes over types of extensions; BRIN that keeps no bounds (bloom, inclusion), or bounds of types other than numbers, text, dates, timestamps and uuid.",
        [FindingKind.IndexCorrupt, FindingKind.IndexIncomplete, FindingKind.HeapValueSuspect, FindingKind.HeapRowsLost, FindingKind.BtreeCorrupt, FindingKind.DeadlyRead]) { Reach = CheckReach.Table };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        if (facts.IsStandby)
        {
            return CheckRun.Without(CheckName, CheckStatus.Unavailable, elapsed(), "a standby writes its files by replay, and nothing can hold that off: it runs on the primary");
        }
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (await ServerFilesFinder.FindAsync(request.Target, facts, connection, cancel).ConfigureAwait(false) is not { } files)
        {
            return CheckRun.Without(CheckName, CheckStatus.Unavailable, elapsed(),
                ServerFilesFinder.WhyNot(facts));
        }
        var listed = await PatientList.ReadAsync(request.Target, (session, without) => ProbedIndexes.ReadAsync(session, request.Scope, cancel, without), cancel).ConfigureAwait(false);
        var left = new LeftAlone();
        var deadly = await DeadlyReads.OpenAsync(CheckName, request, facts, cancel).ConfigureAwait(false);
        var indexes = listed.Items.Where(i => !left.Passes(i.TableQuoted, deadly.WhyNotRows(i.Table))).ToList();
        if (request.Throttle.IsOff)
        {
            // what is newer than the last checkpoint is seen too; who is in no hurry sees it the next time
            await new ProbeFlush(request).NowAsync(cancel).ConfigureAwait(false);
        }
        var probe = new TableProbe(request, files, deadly, facts.DataChecksums);
        probe.Open.AddRange(listed.Held.Select(h => $"{h.Quoted}: {PatientList.HeldByOthers}"));
        var held = new List<IndexSuspects>();
        var suspected = new List<IReadOnlyList<IndexSuspects>>();
        foreach (var table in indexes.GroupBy(i => i.TableOid))
        {
            request.Progress?.Report(new(CheckName, probe.Examined.Count, indexes.Count, table.First().TableQuoted));
            await CarefullyAsync(table.First(), async () => suspected.Add(await probe.SuspectAsync([.. table], cancel).ConfigureAwait(false))).ConfigureAwait(false);
            // who spares the server a checkpoint of its own waits for the next one once for many tables
            if (request.Throttle.IsOff || suspected.Sum(t => t.Sum(s => s.Weight)) > MostSuspected)
            {
                await ConvictAsync().ConfigureAwait(false);
            }
        }
        await ConvictAsync().ConfigureAwait(false);
        List<Finding> findings = [.. ProbeFindings.Of(CheckName, facts, indexes, held), .. deadly.Findings];
        var status = findings.Count > 0 ? CheckStatus.Damaged : probe.Open.Count == 0 ? CheckStatus.Clean : probe.Open.Count == probe.Hindered ? CheckStatus.Unavailable : CheckStatus.Failed;
        var open = probe.Open.Count == 0 ? null : "not examined: " + string.Join("; ", probe.Open.Take(5)) + (probe.Open.Count > 5 ? "; ..." : "");
        return new(CheckName, status, elapsed(), LeftAlone.Joined(open, deadly.Reason, left.Reason), findings, [.. probe.Examined.Select(i => i.Oid)])
        {
            ExaminedNames = [.. probe.Examined.Select(i => i.Quoted)],
            Undecided = probe.Undecided,
            LeftAlone = deadly.LeftAlone,
        };

        async Task ConvictAsync()
        {
            var isWritten = !suspected.Exists(t => t.Any(s => s.Any)) || await new ProbeFlush(request).PatientlyAsync(cancel).ConfigureAwait(false);
            foreach (var table in suspected.Where(t => t.Count > 0))
            {
                await CarefullyAsync(table[0].Index, async () => held.AddRange(await probe.ConvictAsync(table, isWritten, cancel).ConfigureAwait(false))).ConfigureAwait(false);
            }
            suspected.Clear();
        }

        async Task CarefullyAsync(ProbedIndex first, Func<Task> look)
        {
            try
            {
                await look().ConfigureAwait(false);
            }
            catch (DeadlyReadException)
            {
                // told by the fence itself
            }
            catch (PostgresException e) when (connection.FullState == System.Data.ConnectionState.Open)
            {
                if (PatientList.WentMeanwhile(e) && await PatientList.IsGoneAsync(connection, first.TableOid, cancel).ConfigureAwait(false))
                {
                    return;
                }
                var damaged = e.SqlState is SqlState.UndefinedFile or SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.IoError;
                probe.Hindered += damaged || e.SqlState == SqlState.InsufficientPrivilege ? 1 : 0;
                probe.Open.Add($"{first.TableQuoted}: {(e.SqlState == SqlState.LockNotAvailable ? PatientList.HeldByOthers : $"{e.MessageText} ({e.SqlState})")}{(damaged ? ", which the checks of that object tell" : "")}");
            }
            catch (Exception e) when (e is TimeoutException or NpgsqlException { InnerException: TimeoutException } && connection.FullState == System.Data.ConnectionState.Open)
            {
                probe.Open.Add($"{first.TableQuoted}: {e.Message}");
            }
        }
    }, cancel);
}
