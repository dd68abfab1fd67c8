using HealingWorkers.Drill;
using HealingWorkers.Worker.Commands;
using Npgsql;

namespace HealingWorkers.Worker.Drills;

/// <summary>One case from the copy of a sound database to the verdict.</summary>
internal sealed class DrillRunner(CommandShell shell, CorpusCluster corpus, DrillLedger ledgers, DrillCase @case)
{
    private readonly List<string> _notes = [];
    private readonly List<string> _leftOut = [];

    public async Task<DrillResult> RunAsync(CancellationToken cancel)
    {
        await using var patient = await corpus.CopyAsync(cancel).ConfigureAwait(false);
        var scene = new Scene(patient, @case.Seed);
        var (whole, detection) = await BreakAsync(scene, cancel).ConfigureAwait(false);
        var pages = @case.Damages.Any(d => d.Heap) ? await PagesBefore.OfAsync(scene, cancel).ConfigureAwait(false) : PagesBefore.None;
        await patient.StopAsync(ct: cancel).ConfigureAwait(false);
        var read = await ReadAsync(patient, scene, whole, cancel).ConfigureAwait(false);
        await patient.StartAsync(cancel).ConfigureAwait(false);

        var logged = patient.Log.Length;
        var ledger = await ledgers.NewAsync(cancel).ConfigureAwait(false);
        var started = shell.Clock.GetTimestamp();
        var report = await new DrillHealing(shell, patient, ledger, @case.Damages).RunAsync(cancel).ConfigureAwait(false);
        var seconds = shell.Clock.GetElapsedTime(started).TotalSeconds;
        await ledgers.DropAsync(ledger, cancel).ConfigureAwait(false);
        if (report.TimedOut)
        {
            _notes.AddRange(await HangingAsync(patient, cancel).ConfigureAwait(false));
            // A backend that ignores its cancelling would hold up everything that follows.
            await patient.KillAsync(cancel).ConfigureAwait(false);
            await patient.StartAsync(cancel).ConfigureAwait(false);
        }
        var crashed = patient.Log[logged..].Contains("was terminated by signal", StringComparison.Ordinal);
        var comparison = await CompareAsync(scene, whole, read, pages, cancel).ConfigureAwait(false);
        var complaints = await ComplaintsAsync(report, detection, patient, cancel).ConfigureAwait(false);
        var detected = detection.Detected(report);
        var outcome = OutcomeOf(report, detected, comparison, complaints);
        if (crashed)
        {
            _notes.Add("the server crashed");
        }
        return new(
            @case.Name, @case.Binaries.Major, @case.Checksums, detection.Best, detected, outcome, comparison.False, comparison.Lost, Math.Round(seconds, 1), @case.Seed,
            scene.Story, string.Join("; ", _notes))
        {
            Crashed = crashed,
            TimedOut = report.TimedOut,
            Missed = detection.Missed(report),
            HeldBack = detection.HeldBack(report),
            LeftOut = _leftOut,
        };
    }

    /// <summary>The damage, and the picture of what should be there.</summary>
    private async Task<(Picture Whole, DrillDetection Detection)> BreakAsync(Scene scene, CancellationToken cancel)
    {
        var strikes = new List<(DamageClass Class, Func<Task> Strike)>();
        foreach (var damage in @case.Damages)
        {
            scene.Begin(damage.Name);
            strikes.Add((damage, await damage.Prepare(scene).ConfigureAwait(false)));
        }
        foreach (var (damage, strike) in strikes.Where(s => s.Class.Logical))
        {
            scene.Begin(damage.Name);
            await strike().ConfigureAwait(false);
        }
        var whole = await Picture.TakeAsync(scene.Cluster, scene.Database, cancel).ConfigureAwait(false);
        await scene.Suspects.SettleAsync(scene.Cluster, scene.Database, cancel).ConfigureAwait(false);
        foreach (var (damage, strike) in strikes.Where(s => !s.Class.Logical))
        {
            scene.Begin(damage.Name);
            try
            {
                await strike().ConfigureAwait(false);
            }
            catch (Exception e) when (@case.IsMix && e is (NpgsqlException or InvalidOperationException))
            {
                // What was broken first is in the way.
                _notes.Add($"{damage.Name} was left out: {e.Message}");
                _leftOut.Add(damage.Name);
            }
        }
        var struck = new List<DrillStruck>();
        foreach (var damage in @case.Damages.Where(d => !_leftOut.Contains(d.Name)))
        {
            struck.Add(new(damage, damage.ShutsOut ? scene.OthersOf(damage.Name) : await DrillObjects.OfAsync(scene, damage.Name, cancel).ConfigureAwait(false)));
        }
        return (whole, new(struck, @case.Checksums));
    }

    /// <summary>What can be read of the damaged tables, found out on a copy, since a read may write and may crash.</summary>
    private async Task<IReadOnlyDictionary<string, IReadOnlyList<RowImage>>> ReadAsync(PgCluster patient, Scene scene, Picture whole, CancellationToken cancel)
    {
        if (!@case.Damages.Any(d => d.Heap))
        {
            return whole.Rows;
        }
        await using var copy = await PgCluster.CopyOfAsync(patient, cancel).ConfigureAwait(false);
        await copy.StartAsync(cancel).ConfigureAwait(false);
        var read = new Dictionary<string, IReadOnlyList<RowImage>>(whole.Rows, StringComparer.Ordinal);
        foreach (var (table, rows) in await Picture.ReadAsync(copy, scene.Database, scene.Tables, cancel).ConfigureAwait(false))
        {
            read[table] = rows;
        }
        return read;
    }

    private DrillOutcome OutcomeOf(DrillReport report, bool detected, Comparison comparison, IReadOnlyList<string> complaints)
    {
        _notes.AddRange(report.Findings.Select(f => $"found {f.Kind} on {f.Object}").Distinct(StringComparer.Ordinal).Take(6));
        _notes.AddRange(report.Incidents.Select(i => $"{i.Kind} on {i.Object} is {i.State}{(i.Reason.Length > 0 ? $" ({i.Reason})" : "")}").Take(6));
        _notes.AddRange(report.Broken);
        if (!report.Told)
        {
            _notes.Add($"heal ended with {report.Exit}: {report.Error.ReplaceLineEndings(" ")}");
            return detected ? DrillOutcome.Escalated : report.TimedOut || @case.Best == BestOutcome.NotDetectable ? DrillOutcome.Failed : DrillOutcome.Missed;
        }
        if (@case.Damages.Count == 0)
        {
            return report.Findings.Any(f => f.Severity != "info") ? DrillOutcome.Failed : DrillOutcome.Lossless;
        }
        if (comparison.Unreadable)
        {
            return DrillOutcome.Failed;
        }
        if (!detected)
        {
            return DrillOutcome.Missed;
        }
        if (complaints.Count > 0)
        {
            _notes.Add("still wrong: " + string.Join(", ", complaints.Take(3)));
            return DrillOutcome.Failed;
        }
        if (report.Open.Count > 0)
        {
            return DrillOutcome.Escalated;
        }
        if (!comparison.SameRows && !comparison.Kept)
        {
            _notes.Add("called resolved, and rows that are not what they were are not in quarantine");
            return DrillOutcome.Failed;
        }
        return comparison.SameRows ? DrillOutcome.Lossless : DrillOutcome.Quarantine;
    }

    /// <summary>Nobody said that all is well while an incident is open; what was called healed beside it has to be.</summary>
    private async Task<IReadOnlyList<string>> ComplaintsAsync(DrillReport report, DrillDetection detection, PgCluster patient, CancellationToken cancel)
    {
        if (!report.Told || @case.Damages.Count == 0 || (report.Open.Count > 0 && (@case.Damages.Any(d => d.ShutsOut) || detection.Settled(report).Count == 0)))
        {
            return [];
        }
        var complaints = await Soundness.ComplaintsAsync(patient, CorpusCluster.Database, @case.Damages, cancel).ConfigureAwait(false);
        return report.Open.Count > 0 ? detection.OfSettled(report, complaints) : complaints;
    }

    private async Task<Comparison> CompareAsync(Scene scene, Picture whole, IReadOnlyDictionary<string, IReadOnlyList<RowImage>> read, PagesBefore pages, CancellationToken cancel)
    {
        if (@case.Damages.Any(d => d.ShutsOut))
        {
            return Comparison.None;
        }
        try
        {
            var after = await Picture.TakeAsync(scene.Cluster, scene.Database, cancel).ConfigureAwait(false);
            var quarantined = await Quarantined.ReadAsync(scene.Cluster, scene.Database, cancel).ConfigureAwait(false);
            return Comparison.Of(whole, read, after, quarantined, scene, await pages.SinceAsync(scene.Cluster, cancel).ConfigureAwait(false));
        }
        catch (NpgsqlException e)
        {
            _notes.Add("afterwards the database cannot be read: " + e.Message);
            return Comparison.None with { Unreadable = true };
        }
    }

    private static async Task<IEnumerable<string>> HangingAsync(PgCluster patient, CancellationToken cancel)
    {
        try
        {
            return await patient.QueryAsync<string>(
                "postgres", "SELECT 'hangs: ' || left(query, 200) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname IS NOT NULL", ct: cancel).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            return ["nobody gets in to see what hangs: " + e.Message];
        }
    }
}
