using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace HealingWorkers.Jobs.Options;

/// <summary>Reads healing.yaml into entries that remember their lines.</summary>
public sealed class YamlSource(string file, ConfigProblems problems)
{
    private const int Rank = 1;
    private const int LargestFile = 1 << 20;
    private readonly List<ConfigEntry> _entries = [];

    public IReadOnlyList<ConfigEntry> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile)
            {
                problems.Add(file, "it is larger than 1 MB, which no configuration is");
                return [];
            }
            using var reader = File.OpenText(path);
            var stream = new YamlStream();
            stream.Load(reader);
            if (stream.Documents.Count > 1)
            {
                problems.Add(file, $"it holds {stream.Documents.Count} documents; one was expected");
            }
            else if (stream.Documents.Count == 1)
            {
                Walk(stream.Documents[0].RootNode, "", []);
            }
        }
        catch (YamlException e)
        {
            problems.Add($"{file}:{e.Start.Line}", "this is not YAML: " + (e.InnerException?.Message ?? e.Message));
        }
        catch (InvalidOperationException)
        {
            // The library's own way to trip over some of it.
            problems.Add(file, "this is not YAML");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(file, "it cannot be read: " + e.Message);
        }
        return _entries;
    }

    private void Walk(YamlNode node, string path, HashSet<YamlNode> above)
    {
        if (!above.Add(node))
        {
            problems.Add(At(node), "it contains itself by an alias");
            return;
        }
        switch (node)
        {
            case YamlMappingNode mapping:
                WalkMapping(mapping, path, above);
                break;
            case YamlSequenceNode list:
                for (var i = 0; i < list.Children.Count; i++)
                {
                    Child(list.Children[i], list.Children[i], $"{path}[{i}]", above);
                }
                break;
            case YamlScalarNode scalar when path.Length > 0 && !IsNothing(scalar):
                _entries.Add(new ConfigEntry(path, scalar.Value ?? "", At(scalar), Rank));
                break;
            case YamlScalarNode scalar when path.Length == 0 && !IsNothing(scalar):
                problems.Add(At(scalar), "keys with values were expected, as in `mode: observe`");
                break;
        }
        above.Remove(node);
    }

    private void WalkMapping(YamlMappingNode mapping, string path, HashSet<YamlNode> above)
    {
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { Length: > 0 } name } || name.AsSpan().ContainsAny(".[]"))
            {
                problems.Add(At(key), "a key is a plain word");
                continue;
            }
            Child(key, value, path.Length == 0 ? name : $"{path}.{name}", above);
        }
    }

    // A branch that nobody knows is an entry as a whole, so that it is refused once, at its own line.
    private void Child(YamlNode at, YamlNode value, string path, HashSet<YamlNode> above)
    {
        var pattern = ConfigEntry.Generalise(path);
        if (ConfigTable.Unbuilt(pattern) is not null || (ConfigTable.Unknown(pattern) is not null && value is not YamlScalarNode))
        {
            _entries.Add(new ConfigEntry(path, "", At(at), Rank));
            return;
        }
        if (value is YamlScalarNode && !ConfigTable.IsSection(pattern) && ConfigTable.Find(pattern) is null)
        {
            _entries.Add(new ConfigEntry(path, ((YamlScalarNode)value).Value ?? "", At(at), Rank));
            return;
        }
        Walk(value, path, above);
    }

    private static bool IsNothing(YamlScalarNode scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Value is null or "" or "~" or "null";

    private string At(YamlNode node) => $"{file}:{node.Start.Line}";
}
