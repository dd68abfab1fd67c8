namespace HealingWorkers.Drill;

/// <summary>Damage to sequences, named as in SQL.</summary>
public sealed class SequenceDamage(RelationEditor editor)
{
    /// <summary>The sequence's only page becomes zeros: nextval says `bad magic number`.</summary>
    public Task ZeroPageAsync(string sequence, DamageMode? mode = null, CancellationToken ct = default) =>
        editor.EditPageAsync(sequence, 0, mode, page => Array.Clear(page), ct);

    /// <summary>The sequence is set back, so that it gives out numbers that are taken.</summary>
    public Task SetBackAsync(string sequence, long value = 1, CancellationToken ct = default) =>
        editor.Cluster.ExecuteAsync(editor.Database, "SELECT setval(@sequence::regclass, @value, true)", new { sequence, value }, ct);
}
