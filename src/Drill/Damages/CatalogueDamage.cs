namespace HealingWorkers.Drill;

/// <summary>Damage to the catalogue's own indexes. The server is stopped meanwhile: it never stops reading them.</summary>
public sealed class CatalogueDamage(RelationEditor editor)
{
    private static readonly DamageMode Stopped = new(Live: false);

    /// <summary>One that nobody needs to get in.</summary>
    public const string Harmless = "pg_catalog.pg_description_o_c_o_index";

    /// <summary>One that every connection needs.</summary>
    public const string Critical = "pg_catalog.pg_class_oid_index";

    public Task FlipKeyAsync(string index = Harmless, int leaf = 1, CancellationToken ct = default) =>
        new IndexDamage(editor).FlipKeyInLeafAsync(index, leaf, Stopped, ct);

    public Task ZeroLeafAsync(string index = Harmless, int leaf = 1, CancellationToken ct = default) =>
        new IndexDamage(editor).ZeroLeafAsync(index, leaf, Stopped, ct);

    /// <summary>Every page but the first becomes zeros.</summary>
    public Task ZeroAllAsync(string index = Critical, CancellationToken ct = default) =>
        editor.EditAsync(index, Stopped, (file, fix) =>
        {
            for (var block = 1; block < file.BlockCount; block++)
            {
                file.Write(block, new byte[PageFile.PageSize], fix);
            }
        }, ct);
}
