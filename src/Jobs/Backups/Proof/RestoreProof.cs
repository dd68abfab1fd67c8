using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>
/// Restores a backup to a disposable server, brings it to consistency, runs every check there, counts every row and reads every page.
/// What it finds wrong is told by name; what it cannot compare is told as well, and is neither.
/// </summary>
public sealed class RestoreProof(CloneHouse house, IReadOnlyList<ICheck> checks, TimeProvider clock)
{
    private const int DiskFull = 28;

    public TimeSpan StartLimit { get; init; } = TimeSpan.FromHours(2);
    public TimeSpan CheckLimit { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Never throws for what is wrong with the backup: that is the report's. What is wrong with this host says nothing of the backup, and is thrown.</summary>
    public async Task<ProofReport> RunAsync(ProofRequest request, CancellationToken cancel)
    {
        var hand = new ProofInHand(request, clock);
        RequireHere(request.Backup);
        Clone? clone = await house.MakeAsync("proof", RoomFor(request.Backup), cancel).ConfigureAwait(false);
        try
        {
            await RequireProgramsAsync(clone, request.Backup, cancel).ConfigureAwait(false);
        }
        catch
        {
            await clone.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        try
        {
            await RestoreAsync(hand, clone, cancel).ConfigureAwait(false);
            await LookAsync(hand, clone, cancel).ConfigureAwait(false);
            await ReadPagesAsync(hand, clone, cancel).ConfigureAwait(false);
        }
        catch (HealingException e)
        {
            hand.Problems.Add(e.Message);
        }
        catch (IOException e) when ((e.HResult & 0xFFFF) == DiskFull)
        {
            throw new HealingException($"{hand.Phase}: the disk of this host is full", "Make room where copies are restored (state_directory).", e);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException && !cancel.IsCancellationRequested)
        {
            hand.Problems.Add($"{hand.Phase}: {(e is PostgresException p ? $"{p.SqlState}: {p.MessageText}" : e.Message)}");
        }
        finally
        {
            if (clone is not null)
            {
                await hand.RunAsync("remove", async () =>
                {
                    hand.Kept = request.Keep && File.Exists(Path.Combine(clone.Data, "PG_VERSION")) ? await clone.KeepAsync(CancellationToken.None).ConfigureAwait(false) : null;
                    await clone.DisposeAsync().ConfigureAwait(false);
                }).ConfigureAwait(false);
            }
        }
        return hand.Report();
    }

    private static void RequireHere(Backup backup)
    {
        if (backup.Host != Environment.MachineName)
        {
            throw new HealingException($"backup {backup.Id} lies on {backup.Host}, and this is {Environment.MachineName}", "Run it there.");
        }
        if (backup.Provider != BackupProvider.Pgbackrest && !Directory.Exists(backup.Place))
        {
            throw new HealingException($"{backup.Place} of backup {backup.Id} is not to be seen", "Is its disk mounted?");
        }
    }

    private static async Task RequireProgramsAsync(Clone clone, Backup backup, CancellationToken cancel)
    {
        foreach (var program in new[] { "postgres", "pg_controldata" })
        {
            await clone.ProgramAsync(program, backup.ServerVersion / 10_000, cancel).ConfigureAwait(false);
        }
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
                else if (hand.Dumped is null || hand.Dumped == name)
                {
                    names.Add(name);
                }
            }
        }
        var rows = new List<CountedTable>();
        await hand.RunAsync("count", async () =>
        {
            foreach (var name in names)
            {
                hand.Request.Say($"counting the rows of {name}");
                rows.AddRange(await RowCounts.OfQuietAsync(() => clone.OpenAsync(name, cancel), hand.Request.Backup.IsPhysical, cancel).ConfigureAwait(false));
                await using var session = await clone.OpenAsync(name, cancel).ConfigureAwait(false);
                foreach (var file in await session.ListAsync<FileRow>(Sql.Of<Backup>("clone_files"), null, cancel).ConfigureAwait(false))
                {
                    hand.Files[file.Path] = new(name, file.Relation, file.Oid, file.IsIndex);
                }
            }
        }).ConfigureAwait(false);
        hand.Compare(RowsCompared.Of(CountedRows.Of(hand.Request.Backup.Counted), names, rows));
        var looks = new CloneChecks(clone, checks, CheckLimit, clock);
        await hand.RunAsync("checks", async () =>
        {
            foreach (var name in names)
            {
                await looks.RunAsync(name, hand.Request.Targets.FirstOrDefault(t => t.Database == name), hand.Request.Say, cancel).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        hand.Take(looks);
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
