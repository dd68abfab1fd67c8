using System.Globalization;
using System.Reflection;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>The migrations that a program brings: files <c>NNNN_name.up.sql</c> and <c>NNNN_name.down.sql</c>.</summary>
public sealed class MigrationSet
{
    private const string Up = ".up.sql";
    private const string Down = ".down.sql";
    private readonly SortedDictionary<int, Migration> _byRevision;

    private MigrationSet(SortedDictionary<int, Migration> byRevision) => _byRevision = byRevision;

    /// <summary>Those within this program.</summary>
    public static MigrationSet Embedded { get; } = Resources(typeof(MigrationSet).Assembly, $"{typeof(MigrationSet).Namespace}.Migrations.");

    public int Newest => _byRevision.Count == 0 ? 0 : _byRevision.Keys.Last();

    public IEnumerable<Migration> All => _byRevision.Values;

    public Migration? Find(int revision) => _byRevision.GetValueOrDefault(revision);

    /// <summary>Whether this program works with a ledger at an older revision than its newest.</summary>
    public bool LivesAt(int revision) => revision >= Newest || _byRevision.Values.Where(m => m.Revision > revision).All(m => m.Optional);

    public static MigrationSet Resources(Assembly assembly, string prefix) => Of(assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
        .Select(name => (name[prefix.Length..], Read(assembly, name))));

    public static MigrationSet Of(IEnumerable<(string File, string Sql)> files)
    {
        var sql = files.ToDictionary(f => f.File, f => f.Sql, StringComparer.Ordinal);
        var set = new SortedDictionary<int, Migration>();
        foreach (var file in sql.Keys.Order(StringComparer.Ordinal))
        {
            var stem = file.EndsWith(Up, StringComparison.Ordinal) ? file[..^Up.Length]
                : file.EndsWith(Down, StringComparison.Ordinal) ? file[..^Down.Length]
                : throw Broken(file, "its name is not NNNN_name.up.sql or NNNN_name.down.sql");
            var revision = Revision(file, stem);
            if (!sql.TryGetValue(stem + Up, out var up))
                throw Broken(stem + Up, $"it is missing, though {file} is there");
            if (!sql.TryGetValue(stem + Down, out var down))
                throw Broken(stem + Down, $"it is missing, though {file} is there");
            var migration = new Migration(revision, stem[5..], up, down, HasOption(up, "additive"), HasOption(up, "optional"));
            if (!set.TryAdd(revision, migration) && !string.Equals(set[revision].Name, migration.Name, StringComparison.Ordinal))
                throw Broken(file, $"its number is taken by {set[revision].UpFile}");
        }
        return new MigrationSet(set);
    }

    internal static HealingException Broken(string file, string what) =>
        new($"ledger migration {file}: {what}", "this build of the program is broken: install it again, or restore the file");

    private static int Revision(string file, string stem) =>
        stem.Length > 5 && stem[4] == '_' && int.TryParse(stem.AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) && revision > 0
            ? revision
            : throw Broken(file, "its name does not begin with four digits and an underscore");

    /// <summary>Options stand in the comment lines at the top of the up file.</summary>
    private static bool HasOption(string sql, string option) => sql.Split('\n')
        .Select(line => line.Trim())
        .TakeWhile(line => line.StartsWith("--", StringComparison.Ordinal))
        .Any(line => string.Equals(line, "-- " + option, StringComparison.Ordinal));

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
