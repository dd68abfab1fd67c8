using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Functions and extensions whose files the server no longer has. Nothing is loaded to find that out.</summary>
public sealed class LibrariesCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "libraries", "Looks whether the server still has the libraries of its functions and the files of its extensions.", "db.index_check",
        "Reads the catalogue, lists the extensions on offer, asks for one file a library.", "ACCESS SHARE on catalogues.",
        "To see libraries themselves: a superuser, or pg_read_server_files with EXECUTE on pg_stat_file(text, boolean) and pg_config(); without, only the packages of extensions are seen to be gone.",
        "A library that is there and cannot be loaded: it is never tried.",
        [FindingKind.LibraryMissing]) { OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var may = new NpgsqlCommand(Sql.Of<ICheck>("libraries_visible"), connection);
        var visible = await may.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
        var findings = new List<Finding>();
        if (visible)
        {
            await using var libraries = new NpgsqlCommand(Sql.Of<ICheck>("libraries"));
            findings.AddRange(await CatalogueList.FindingsAsync(connection, Description.Name, facts.Id, libraries, cancel).ConfigureAwait(false));
        }
        await using var extensions = new NpgsqlCommand(Sql.Of<ICheck>("extension_files")) { Parameters = { new("visible", visible) } };
        findings.AddRange(await CatalogueList.FindingsAsync(connection, Description.Name, facts.Id, extensions, cancel).ConfigureAwait(false));
        return CatalogueList.Report(Description, elapsed(), findings, [new RelationName(facts.Id.DatabaseOid, facts.Database)]);
    }, cancel);
}
