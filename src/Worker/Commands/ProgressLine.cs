namespace HealingWorkers.Worker.Commands;

/// <summary>One line that is written over and over, and gone when done.</summary>
public sealed class ProgressLine(TextWriter writer) : IDisposable
{
    private const int Width = 78;
    private readonly Lock _one = new();
    private int _shown;

    public void Show(string text)
    {
        lock (_one)
        {
            var line = text.Length > Width ? text[..Width] : text;
            writer.Write('\r' + line.PadRight(_shown));
            writer.Flush();
            _shown = line.Length;
        }
    }

    public void Dispose()
    {
        lock (_one)
        {
            if (_shown > 0)
            {
                writer.Write('\r' + new string(' ', _shown) + '\r');
                writer.Flush();
                _shown = 0;
            }
        }
    }
}
