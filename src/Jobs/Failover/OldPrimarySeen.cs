using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Failover;

/// <summary>What the target's addresses say of the old primary, once all that speaks for another standby is taken away.</summary>
/// <param name="hosts">All but the standby that is to be promoted.</param>
/// <param name="directorySince">Since when the data directory that the primary had at the last look was where it was; null: nobody could look.</param>
internal sealed class OldPrimarySeen(StandbyLook look, IReadOnlyList<HostSeen> hosts, IReadOnlyList<OtherStandby> others, DateTime? directorySince)
{
    private readonly List<(HostSeen Host, string Name)> _standbys =
        [.. hosts.Select(h => (h, OtherAt(h, others))).Where(s => s.Item2 is not null).Select(s => (s.h, s.Item2!))];

    public IEnumerable<string> TakesWrites => hosts.Select(h => h.TakesWrites).OfType<string>();

    /// <summary>Where the old primary may be. An address that leads to another standby is none: whoever cuts that off has cut the wrong one off.</summary>
    public IReadOnlyList<string> Suspects => [.. Speaking.Where(h => NotThat(h) is null).Select(h => h.Host)];

    /// <summary>Null where the old primary is known to take no writes, or to take them.</summary>
    public string? Unfenced
    {
        get
        {
            var doubts = hosts.Where(h => h.State is HostState.Away or HostState.Answers).Select(h => $"the primary at {h.Host} {h.Said}").ToList();
            var recovering = Speaking.Where(h => h.State == HostState.Recovering).ToList();
            doubts.AddRange(recovering.Select(NotThat).OfType<string>());
            doubts.AddRange(recovering.Where(h => directorySince is not null && h.Server!.DirectoryUnread is not null).Select(h => $"{h.Host} is in recovery, and since when its data directory is there cannot be read: {h.Server!.DirectoryUnread}"));
            var silent = string.Join(", ", others.Where(o => o.Who is null).Select(o => o.Look.Name));
            if (silent.Length > 0)
            {
                doubts.AddRange(recovering.Select(h => $"{h.Host} is in recovery, and may be standby {silent}, which cannot be asked, instead of the old primary"));
            }
            doubts.AddRange(others.Where(o => o.Look.Receiving).Select(o => $"standby {o.Look.Name} still receives from a server"));
            if (look.Receiving)
            {
                doubts.Add("the standby still receives from a server");
            }
            if (hosts.Count == 0)
            {
                doubts.Add("the target's connection names no server but this standby");
            }
            else if (_standbys.Count == hosts.Count)
            {
                doubts.Add($"{string.Join(", ", _standbys.Select(s => $"{s.Host.Host} leads to standby {s.Name}"))}: nobody knows what became of the old primary");
            }
            return doubts.Count == 0 ? null : string.Join("; ", doubts);
        }
    }

    /// <summary>Why a server in recovery is not the primary that was; null where nothing speaks against it.</summary>
    private string? NotThat(HostSeen host) => host is not { State: HostState.Recovering, Server: { } server } ? null
        : server.SystemIdentifier != look.SystemIdentifier ? $"{host.Host} belongs to another cluster, and is not the primary that was"
        : server.Receiving ? $"{host.Host} is in recovery and receives from a server, as a standby of a primary that lives does"
        : directorySince is not null && server.DirectorySince is { } here && here != directorySince
            ? $"{host.Host} is in recovery, and its data directory is another one than the primary had when it was last seen, or its files have been given another owner or mode since"
            : null;

    private IEnumerable<HostSeen> Speaking => hosts.Except(_standbys.Select(s => s.Host));

    private static string? OtherAt(HostSeen host, IReadOnlyList<OtherStandby> others) =>
        host is { State: HostState.Recovering, Server: { } server } ? others.FirstOrDefault(o => o.Who?.IsThatOf(server) == true)?.Look.Name : null;
}

/// <param name="Who">Null: it could not be asked.</param>
internal sealed record OtherStandby(StandbyLook Look, ServerSeen? Who);
