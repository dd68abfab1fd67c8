using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The indexes of one table against it, by their files. Gives those whose suspicions held.</summary>
internal sealed class TableProbe(CheckRequest request, IServerFiles files, DeadlyReads deadly, bool checksums)
{
    private readonly RowReader _rows = new(request, deadly);
    private readonly HashSet<long> _partly = [];

    public List<string> Open { get; } = [];
    /// <summary>How many of those for want of a right, or of something readable: no failure of the check.</summary>
    public int Hindered { get; set; }
    public List<ProbedIndex> Examined { get; } = [];
    /// <summary>Rows seem to be lost, and it could not be made certain.</summary>
    public string? Undecided { get; private set; }

    /// <summary>What seems to be wrong with each of them: on a server at work that may be what is only not written yet.</summary>
    public async Task<IReadOnlyList<IndexSuspects>> SuspectAsync(IReadOnlyList<ProbedIndex> indexes, CancellationToken cancel)
    {
        var first = new FirstLook(request, files, _rows, checksums);
        var brin = new BrinLook(request, files, _rows, checksums);
        var suspects = new List<IndexSuspects>();
        foreach (var index in indexes.Where(i => i.Path is not null && i.TablePath is not null && (i.IsBrin || IndexFormat.Of(i.Method) is not null)))
        {
            if (index is { ForeignOwner: { } owner, IsBtree: false })
            {
                Hindered++;
                Open.Add($"{index.Quoted}: it calls a function of {owner}, which would run with the rights of a superuser; check as a role that is none");
                continue;
            }
            Task<IndexSuspects> TakeAsync(ProbedIndex which) => which.IsBrin ? brin.TakeAsync(which, cancel) : first.TakeAsync(which, IndexFormat.Of(which.Method)!, cancel);
            try
            {
                suspects.Add(await TakeAsync(index).ConfigureAwait(false));
            }
            catch (PostgresException e) when (IsUnreadable(e))
            {
                if (!await IsUnchangedAsync(index, cancel).ConfigureAwait(false))
                {
                    continue;
                }
                // what is known of its neighbours is told all the same
                Hindered++;
                Open.Add($"{index.Quoted}: {e.MessageText} ({e.SqlState}), which the check of its table tells");
                if (index.Memory == EntryMemory.Counts && await WithoutKeysAsync(TakeAsync, index).ConfigureAwait(false) is { } rest)
                {
                    _partly.Add(index.Oid);
                    suspects.Add(rest);
                }
            }
            catch (FileNotFoundException) when (!cancel.IsCancellationRequested)
            {
                // a file that is missing though nobody rebuilt or dropped it is for the check of B-trees or the planner to tell
                if (await IsUnchangedAsync(index, cancel).ConfigureAwait(false))
                {
                    Open.Add($"{index.Quoted}: its file went while it was read");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // the disk gives neither it nor its table; what is known of the others is told all the same
                Open.Add($"{index.Quoted}: {e.Message}");
            }
        }
        return suspects;
    }

    /// <param name="isWritten">Whether what was in the server's memory when they were suspected is on disk by now.</param>
    public async Task<IReadOnlyList<IndexSuspects>> ConvictAsync(IReadOnlyList<IndexSuspects> suspected, bool isWritten, CancellationToken cancel)
    {
        var suspects = suspected.ToList();
        var doubted = suspects.Where(s => s.Any).ToList();
        if (doubted.Count > 0)
        {
            try
            {
                var second = new SecondLook(request, files, _rows, checksums, new(request));
                if (await second.TakeAsync(doubted, isWritten, cancel).ConfigureAwait(false) is { } why)
                {
                    Undecided ??= second.LeftOpen ? why : null;
                    Open.Add(why);
                    Hindered++;
                    suspects.RemoveAll(s => doubted.Contains(s) && !s.Any);
                }
                foreach (var (index, said) in second.Unread)
                {
                    Hindered++;
                    Open.Add($"{index.Quoted}: {said}, which the check of its table tells");
                    _partly.Add(index.Oid);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                if (await IsUnchangedAsync(doubted[0].Index, cancel).ConfigureAwait(false))
                {
                    Open.Add($"{doubted[0].Index.TableQuoted}: {(e is FileNotFoundException ? "a file of it went while it was read" : e.Message)}");
                }
                suspects.RemoveAll(doubted.Contains);
            }
        }
        // what stood on its broken pages is missing with them: of a hash index the code of a row that has its entry there, of a GIN index any key
        foreach (var s in suspects.Where(s => s.Broken.Count > 0 && s.Index.Memory != EntryMemory.Counts))
        {
            s.Missing = s.Missing.Where(m => !m.Value.IsElsewhere || !m.Value.Roots.Any(s.OnBroken.Contains)).ToDictionary();
        }
        await new Witness(request, deadly).HearAsync(suspects, cancel).ConfigureAwait(false);
        foreach (var s in suspects.Where(s => s.Broken.Count > 0 && s.Index.Memory == EntryMemory.Counts))
        {
            s.Missing = [];
        }
        var held = new List<IndexSuspects>();
        foreach (var s in suspects)
        {
            if (!await IsUnchangedAsync(s.Index, cancel).ConfigureAwait(false))
            {
                continue;
            }
            held.Add(s);
            // of a BRIN index without bounds only the pages were looked at, which proves nothing; nor of an index whose keys could not be told
            if ((!s.Index.IsBrin || BrinLook.Understands(s.Index)) && !_partly.Contains(s.Index.Oid))
            {
                Examined.Add(s.Index);
            }
        }
        return [.. held.Where(s => s.Any)];
    }

    /// <summary>What stands in a damaged value may be complained of by anything that comes to it: as corrupt, as too long, as no text.</summary>
    public static bool IsUnreadable(PostgresException e) => e.SqlState[..2] is "XX" or "58" or "54" or "22";

    /// <summary>A row with a value that cannot be read has its place all the same. Null where not even that can be seen, which was told already.</summary>
    private static async Task<IndexSuspects?> WithoutKeysAsync(Func<ProbedIndex, Task<IndexSuspects>> takeAsync, ProbedIndex index)
    {
        try
        {
            return await takeAsync(index.WithoutKeys()).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private Task<bool> IsUnchangedAsync(ProbedIndex index, CancellationToken cancel) => ProbedIndexes.IsUnchangedAsync(request.Target, index, cancel);
}
