using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

/// <summary>A directory with a configuration in it.</summary>
internal sealed class ConfigFiles : IDisposable
{
    public ConfigFiles(string? yaml = null)
    {
        Directory = System.IO.Directory.CreateTempSubdirectory("config-").FullName;
        if (yaml is not null)
        {
            Write("healing.yaml", yaml);
        }
    }

    public string Directory { get; }
    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);
    public List<string> Overrides { get; } = [];
    public bool IsRoot { get; set; }

    public void Write(string name, string text) => File.WriteAllText(Path.Combine(Directory, name), text);

    public LoadedOptions Load(string? file = null) => OptionsLoader.Load(new OptionsSources
    {
        Directory = Directory, File = file, Environment = Environment, Overrides = Overrides, IsRoot = IsRoot,
    });

    /// <summary>The lines of the refusal, without the first.</summary>
    public string[] Problems(string? file = null) =>
        [.. Assert.Throws<HealingException>(() => Load(file))!.Message.Split('\n').Skip(1).Select(l => l.Trim())];

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
