using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Repairs;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Repairs;

/// <summary>Reading the rows of a damaged block one by one: what each of them may do, and when it is enough.</summary>
[TestFixture]
public sealed class ReadableRowsTests
{
    private static readonly QuarantineColumn[] Columns = [Column(1, "id"), Column(2, "mood"), Column(3, "body")];
    private readonly List<string> _asked = [];

    [Test]
    public async Task A_value_that_cannot_be_read_costs_its_row_no_other()
    {
        var read = await ReadAsync(5, (place, columns) => place.Offset == 2 && columns.Contains("mood") ? throw Said("22P03") : place.Offset != 4);

        Assert.That(read.Found.Select(r => $"{r.Place} {string.Join(',', r.Lost.Select(c => c.Name))}"), Is.EqualTo(new[] { "(0,1) ", "(0,2) mood", "(0,3) ", "(0,5) " }));
        Assert.That((read.Left, read.WhyNot), Is.EqualTo((Array.Empty<UnreadRow>(), (string?)null)));
        Assert.That(read.Missing(), Is.EqualTo("; 1 of them without a value that cannot be read ((0,2) mood)"));
    }

    [Test]
    public async Task A_row_of_which_nothing_can_be_read_is_named_with_why()
    {
        var read = await ReadAsync(3, (place, _) => place.Offset == 2 ? throw Said("XX001") : true);

        Assert.That(read.Found.Select(r => r.Place.Offset), Is.EqualTo(new[] { 1, 3 }));
        Assert.That(read.Missing(), Is.EqualTo("; 1 could not be read and are not kept ((0,2) it said XX001)"));
    }

    [Test]
    public async Task What_is_known_to_be_lost_is_not_asked_for()
    {
        var read = await ReadAsync(1, (_, columns) => !columns.Contains("body") ? true : throw Said("XX001"), new() { [new(0, 1)] = new HashSet<int> { 3 } });

        Assert.That(_asked, Is.EqualTo(new[] { "(0,1) id,mood" }));
        Assert.That(read.Found.Single().Lost.Select(c => c.Name), Is.EqualTo(new[] { "body" }));
    }

    [TestCase(null)]
    [TestCase(SqlState.CrashShutdown)]
    public async Task A_row_that_ends_the_session_is_read_once_and_the_others_are_read(string? state)
    {
        var read = await ReadAsync(4, (place, _) => place.Offset == 2 ? throw Ended(state) : true);

        Assert.That(read.Found.Select(r => r.Place.Offset), Is.EqualTo(new[] { 1, 3, 4 }));
        Assert.That(_asked.Count(a => a.StartsWith("(0,2)", StringComparison.Ordinal)), Is.EqualTo(1), "it was read again");
        Assert.That(read.Missing(), Does.Contain("(0,2) reading it ended the session"));
    }

    [Test]
    public async Task After_the_second_such_row_nothing_more_is_tried()
    {
        var read = await ReadAsync(6, (place, _) => place.Offset is 2 or 4 or 5 ? throw Ended(null) : true);

        Assert.That(read.Found.Select(r => r.Place.Offset), Is.EqualTo(new[] { 1, 3 }));
        Assert.That((read.Left.Count, read.NotTried), Is.EqualTo((2, 2)));
        Assert.That(read.Missing(), Does.EndWith("; 2 place(s) were not tried, since reading others ended 2 sessions"));
    }

    [Test]
    public async Task What_was_read_stays_read_when_no_session_comes_back()
    {
        var read = await ReadAsync(5, (place, _) => place.Offset == 3 ? throw Ended(null) : place.Offset > 3 ? throw new HealingException("it is not reached", "wait") : true);

        Assert.That((read.Found.Count, read.Left.Count, read.NotTried, read.WhyNot), Is.EqualTo((2, 1, 2, "it is not reached")));
    }

    [TestCase(SqlState.InsufficientPrivilege)]
    [TestCase(SqlState.UndefinedTable)]
    [TestCase(SqlState.LockNotAvailable)]
    public async Task What_is_no_fault_of_the_row_is_thrown(string state) =>
        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => ReadAsync(2, (_, _) => throw Said(state))))!.SqlState, Is.EqualTo(state));

    private Task<RowsRead> ReadAsync(int rows, Func<Tid, IReadOnlyList<string>, bool> read, Dictionary<Tid, IReadOnlySet<int>>? lost = null)
    {
        _asked.Clear();
        return new ReadableRows((place, columns, _) =>
        {
            var names = columns.Select(c => c.Name).ToList();
            _asked.Add($"{place} {string.Join(',', names)}");
            return Task.FromResult(read(place, names));
        }, TimeProvider.System).OfAsync([.. Enumerable.Range(1, rows).Select(o => new Tid(0, o))], Columns, lost ?? [], CancellationToken.None);
    }

    private static PostgresException Said(string state) => new($"it said {state}", "ERROR", "ERROR", state);

    private static NpgsqlException Ended(string? state) => state is null ? new NpgsqlException("the connection is gone", new IOException()) : Said(state);

    private static QuarantineColumn Column(short number, string name) =>
        new() { Number = number, Name = name, Quoted = name, Type = "text", IsGenerated = false, IsIdentity = false, Cast = "" };
}
