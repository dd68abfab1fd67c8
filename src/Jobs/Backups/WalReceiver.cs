using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Receives the WAL of one server on a slot, for as long as it is let, and gives the slot up before it fills the server's disk.</summary>
internal sealed class WalReceiver(Target target, BackupOptions options, string programs, WalArchive archive)
{
    private const string Program = "pg_receivewal";
    private const long Reserve = 512L << 20;

    /// <summary>One a server, whichever of its targets it is received for.</summary>
    public string Slot { get; init; } = SlotOf(target.Name);

    /// <summary>Free bytes on the disk of a directory.</summary>
    public Func<string, long> FreeSpace { get; init; } = static place => new DriveInfo(place).AvailableFreeSpace;

    /// <summary>How often it is looked how much the slot holds back.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The server keeps WAL for the slot without end, should nobody be there to drop it. Looked at each time, as what is held back is.</summary>
    public bool IsUnbounded { get; private set; }

    /// <summary>Of a target: letters, digits and _ only.</summary>
    public static string SlotOf(string name)
    {
        var slot = $"healing_{string.Concat(name.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'))}";
        return slot.Length > 63 ? slot[..63] : slot;
    }

    /// <summary>Until it is cancelled, the program ends, or the slot holds back too much; says why it ended.</summary>
    public async Task<string> RunAsync(CancellationToken cancel)
    {
        await using var session = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var program = await ServerPrograms.FindAsync(Program, target, facts, programs, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"{Program} of PostgreSQL {facts.Major} is not installed here", "Install postgresql-client of that version, or set backups.wal: false.");
        var place = archive.Of(facts.Id.SystemIdentifier);
        Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var slot = Slot;
        if (await HeldBackAsync(session, slot, cancel).ConfigureAwait(false) is { } held && held > options.WalUpTo)
        {
            await GiveUpAsync(session, slot, cancel).ConfigureAwait(false);
            return TooMuch(slot, held);
        }
        RequireRoom(place);
        await RequireBoundAsync(session, slot, cancel).ConfigureAwait(false);
        await session.DoAsync(Sql.Of<WalReceiver>("wal_slot"), new { Slot = slot }, cancel).ConfigureAwait(false);
        var login = ClientLogin.Of(session, TargetConnection.ForRepairs(target.Options), facts.Role, "healing wal");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var receiving = Programs.RunTiedAsync([program, "--directory", place, "--slot", slot, "--no-loop", "--synchronous", .. login.Words], login.Environment, stop.Token);
        try
        {
            return await WatchAsync(session, slot, place, receiving, cancel).ConfigureAwait(false) ?? await EndedAsync(session, receiving, place, cancel).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(receiving).ConfigureAwait(false);
        }
    }

    /// <summary>Null when the program has ended.</summary>
    private async Task<string?> WatchAsync(NpgsqlConnection session, string slot, string place, Task program, CancellationToken cancel)
    {
        while (await Task.WhenAny(program, Task.Delay(LookEvery, target.Clock, cancel)).ConfigureAwait(false) != program)
        {
            cancel.ThrowIfCancellationRequested();
            RequireRoom(place);
            if (await HeldBackAsync(session, slot, cancel).ConfigureAwait(false) is { } held && held > options.WalUpTo)
            {
                await GiveUpAsync(session, slot, cancel).ConfigureAwait(false);
                return TooMuch(slot, held);
            }
            IsUnbounded = !await IsBoundedAsync(session, cancel).ConfigureAwait(false);
        }
        return null;
    }

    /// <summary>backups.wal_up_to holds only while a worker lives: a slot that outlives all of them would stop the server it is to protect.</summary>
    private async Task RequireBoundAsync(NpgsqlConnection session, string slot, CancellationToken cancel)
    {
        IsUnbounded = !await IsBoundedAsync(session, cancel).ConfigureAwait(false);
        if (IsUnbounded && !await session.FirstAsync<bool>(Sql.Of<WalReceiver>("wal_slot_there"), new { Slot = slot }, cancel).ConfigureAwait(false))
        {
            throw new HealingException($"slot {slot} is not made: {Unbounded}", BoundHint(options.WalUpTo));
        }
    }

    public const string Unbounded = "max_slot_wal_keep_size of the server is -1, so that the slot would fill the server's disk while no worker lives to drop it";

    /// <summary>A little more than we allow, so that it is us who drop it as long as we live.</summary>
    public static string BoundHint(long upTo) => string.Create(CultureInfo.InvariantCulture,
        $"ALTER SYSTEM SET max_slot_wal_keep_size = '{(upTo >> 20) + Math.Max(upTo >> 22, 64)}MB'; SELECT pg_reload_conf(); - more than backups.wal_up_to ({upTo >> 20} MB), and less than the disk of pg_wal has to spare");

    /// <summary>Where the server no longer has what comes next, what there is stays for the backups before it, and a new begin is made.</summary>
    private async Task<string> EndedAsync(NpgsqlConnection session, Task<(int Code, string Output)> program, string place, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var (code, said) = await program.ConfigureAwait(false);
        if (await WalNext.IsGoneAsync(session, TargetConnection.ForRepairs(target.Options), WalArchive.Newest(place), cancel).ConfigureAwait(false))
        {
            var aside = place + WalArchive.Before + (WalArchive.Segments(place) is [.., var newest] ? newest : "begin");
            SnapshotFolder.RemoveTree(aside);
            Directory.Move(place, aside);
        }
        return $"{Program} ended with {code}: {ByPgBasebackup.Words(said)}";
    }

    private string TooMuch(string slot, long held) =>
        string.Create(CultureInfo.InvariantCulture, $"slot {slot} held back {held >> 20} MB of WAL on the server, backups.wal_up_to is {options.WalUpTo >> 20} MB: it was dropped");

    private void RequireRoom(string place)
    {
        if (FreeSpace(place) is var free && free < Reserve)
        {
            throw new HealingException($"no room for WAL in {place}: {free >> 20} MB are free, {Reserve >> 20} MB are left alone", "Free space there, keep fewer backups (backups.keep), or set backups.directory to a larger disk.");
        }
    }

    private static Task<long?> HeldBackAsync(NpgsqlConnection session, string slot, CancellationToken cancel) => session.FirstAsync<long?>(Sql.Of<WalReceiver>("wal_held_back"), new { Slot = slot }, cancel);

    private static Task<bool> IsBoundedAsync(NpgsqlConnection session, CancellationToken cancel) => session.FirstAsync<bool>(Sql.Of<WalReceiver>("wal_bounded"), null, cancel);

    private static Task GiveUpAsync(NpgsqlConnection session, string slot, CancellationToken cancel) => session.DoAsync(Sql.Of<WalReceiver>("wal_slot_drop"), new { Slot = slot }, cancel);
}
