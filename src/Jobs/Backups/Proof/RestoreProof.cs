using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// Restores a backup to a disposable server, brings it to consistency, runs every check there, counts every row and reads every page.
/// What it finds wrong is told by name; what it cannot compare is told as well, and is neither.
/// </summary>
public sealed class RestoreProof(CloneHouse house, IReadOnlyList<ICheck> checks, TimeProvider clock)
{
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromHours(2);
    public TimeSpan CheckLimit { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Never throws for what is wrong with the backup: that is the report's. What is wrong with this host says nothing of the backup, and is thrown.</summary>
    public async Task<ProofReport> RunAsync(ProofRequest request, CancellationToken cancel)
    {
        var hand = new ProofInHand(request, clock);
        BackupFiles.RequireHere(request.Backup, request.Way.Storage);
        await house.RequireProgramsAsync(request.Backup.ServerVersion / 10_000, cancel).ConfigureAwait(false);
        var clone = await house.MakeAsync("proof", RoomFor(request.Backup), cancel).ConfigureAwait(false);
        try
        {
            if (await hand.TryAsync(null, () => RestoreAsync(hand, clone, cancel), cancel).ConfigureAwait(false))
            {
                // the pages are read whatever the server makes of them
                await hand.TryAsync(null, () => LookAsync(hand, clone, cancel), cancel).ConfigureAwait(false);
                await hand.TryAsync(null, () => ReadPagesAsync(hand, clone, cancel), cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            await hand.RunAsync("remove", async () =>
            {
                hand.Kept = request.Keep && File.Exists(Path.Combine(clone.Data, "PG_VERSION")) ? await clone.KeepAsync(CancellationToken.None).ConfigureAwait(false) : null;
                await clone.DisposeAsync().ConfigureAwait(false);
            }).ConfigureAwait(false);
        }
        return hand.Report();
    }

    /// <summary>A dump is smaller than what it becomes.</summary>
    private static long RoomFor(Backup backup) => Math.Max(backup.ServerBytes ?? 0, backup.Bytes ?? 0) * (backup.IsPhysical ? 1 : 2);

    private async Task RestoreAsync(ProofInHand hand, Clone clone, CancellationToken cancel)
    {
        var (backup, way) = (hand.Request.Backup, hand.Request.Way);
        if (backup.IsPhysical)
        {
            await hand.RunAsync("restore", async () =>
            {
                try
                {
                    await way.RestoreAsync(backup, clone.Folder, until: null, cancel).ConfigureAwait(false);
                }
                catch (HealingException e)
                {
                    var where = await DamagedFiles.WhereAsync(backup, e.Message, cancel).ConfigureAwait(false);
                    throw new HealingException(where.Length == 0 ? e.Message : $"{e.Message} ({where})", e.Hint, e);
                }
                await RequireSameServerAsync(backup, clone, cancel).ConfigureAwait(false);
            }).ConfigureAwait(false);
            await hand.RunAsync("recovery", () => clone.StartAsync(keepRecovery: true, hand.Request.Roles, StartLimit, cancel)).ConfigureAwait(false);
            return;
        }
        var major = backup.ServerVersion / 10_000;
        await hand.RunAsync("restore", async () =>
        {
            var archive = await way.RestoreAsync(backup, clone.Folder, until: null, cancel).ConfigureAwait(false);
            await clone.InitAsync(major, cancel).ConfigureAwait(false);
            await clone.StartAsync(keepRecovery: false, [], StartLimit, cancel).ConfigureAwait(false);
            var counted = CountedRows.Of(backup.Counted)?.Tables.Select(t => t.Database).Distinct(StringComparer.Ordinal).ToList() ?? [];
            hand.Dumped = await new DumpRestore(clone, archive, major).RunAsync(counted, cancel).ConfigureAwait(false);
            await clone.SilenceAsync(cancel).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static async Task RequireSameServerAsync(Backup backup, Clone clone, CancellationToken cancel)
    {
        var control = await clone.ControlAsync(cancel).ConfigureAwait(false);
        if (control.SystemIdentifier != backup.SystemIdentifier)
        {
            throw new HealingException($"this is a backup of another server: its system identifier is {control.SystemIdentifier}, and {backup.SystemIdentifier} was expected", "Look at who wrote to the directory of backups.");
        }
    }

    private async Task LookAsync(ProofInHand hand, Clone clone, CancellationToken cancel)
    {
        var names = new List<string>();
        await using (var session = await clone.OpenAsync("template1", cancel).ConfigureAwait(false))
        {
            foreach (var (name, open) in await session.ListAsync<(string, bool)>(Sql.Of<Backup>("clone_databases"), null, cancel).ConfigureAwait(false))
            {
                if (!open)
                {
                    hand.NotCompared.Add(new(name, "the database takes no sessions"));
                }
                else if (clone.Closed.TryGetValue(name, out var why))
                {
                    hand.Problems.Add($"{name}: {why}");
                }
                else if (hand.Dumped is null || hand.Dumped == name)
                {
                    names.Add(name);
                }
            }
        }
        var rows = new List<CountedTable>();
        var counted = new List<string>();
        await hand.RunAsync("count", async () =>
        {
            foreach (var name in names)
            {
                hand.Request.Say($"counting the rows of {name}");
                if (await hand.TryAsync(name, async () => rows.AddRange(await RowCounts.OfQuietAsync(() => clone.OpenAsync(name, cancel), hand.Request.Backup.IsPhysical, cancel).ConfigureAwait(false)), cancel).ConfigureAwait(false))
                {
                    counted.Add(name);
                }
                await hand.TryAsync(name, () => FilesAsync(hand, clone, name, cancel), cancel).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        // of a database that cannot be counted it is told already that it cannot
        var uncounted = names.Except(counted, StringComparer.Ordinal).Concat(clone.Closed.Keys).ToHashSet(StringComparer.Ordinal);
        var expected = CountedRows.Of(hand.Request.Backup.Counted);
        hand.Compare(RowsCompared.Of(expected is null ? null : expected with { Tables = [.. expected.Tables.Where(t => !uncounted.Contains(t.Database))] }, counted, rows));
        var looks = new CloneChecks(clone, checks, CheckLimit, clock);
        await hand.RunAsync("checks", async () =>
        {
            foreach (var name in names)
            {
                await hand.TryAsync(name, () => looks.RunAsync(name, hand.Request.Targets.FirstOrDefault(t => t.Database == name), hand.Request.Say, cancel), cancel).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        hand.Take(looks);
    }

    /// <summary>A catalogue that all databases share belongs to the first of them.</summary>
    private static async Task FilesAsync(ProofInHand hand, Clone clone, string database, CancellationToken cancel)
    {
        await using var session = await clone.OpenAsync(database, cancel).ConfigureAwait(false);
        foreach (var file in await session.ListAsync<FileRow>(Sql.Of<Backup>("clone_files"), null, cancel).ConfigureAwait(false))
        {
            hand.Files.TryAdd(file.Path, new(database, file.Relation, file.Oid, file.IsIndex));
        }
    }

    private static async Task ReadPagesAsync(ProofInHand hand, Clone clone, CancellationToken cancel)
    {
        await hand.RunAsync("stop", () => clone.StopAsync(cancel)).ConfigureAwait(false);
        hand.Bytes = new DirectoryInfo(clone.Data).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }).Sum(f => f.Length);
        if (!hand.Request.Backup.IsPhysical)
        {
            hand.NotCompared.Add(new("pages", "a dump holds rows and no pages"));
            return;
        }
        var checksums = clone.Control!.DataChecksums;
        if (checksums)
        {
            await hand.RunAsync("pg_checksums", async () => hand.Tool = await ToolAsync(clone, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        }
        await hand.RunAsync("pages", async () => hand.Judge(await PageAuditor.RunAsync(clone.Data, checksums, hand.Files, cancel).ConfigureAwait(false), checksums)).ConfigureAwait(false);
    }

    private static async Task<(int Code, string Said)> ToolAsync(Clone clone, CancellationToken cancel)
    {
        var program = await clone.ProgramAsync("pg_checksums", await clone.MajorAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        var (code, said) = await Programs.RunTiedAsync([.. LocalOwner.Prefix(), program, "--check", "-D", clone.Data], new Dictionary<string, string>(StringComparer.Ordinal), cancel).ConfigureAwait(false);
        return (code, string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(20)));
    }

    private sealed record FileRow
    {
        public required string Path { get; init; }
        public required string Relation { get; init; }
        public required long Oid { get; init; }
        public required bool IsIndex { get; init; }
    }
}
