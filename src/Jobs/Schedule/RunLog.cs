using System.Globalization;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>What a run says of itself: the first and the newest lines, never more than fit.</summary>
internal sealed class RunLog(TimeProvider clock)
{
    private const int First = 50;
    private const int Newest = 350;
    private const int LongestLine = 400;
    private readonly Lock _gate = new();
    private readonly List<string> _first = [];
    private readonly Queue<string> _newest = new();
    private long _dropped;

    public void Add(string line)
    {
        var text = Redactor.Text(line.Length <= LongestLine ? line : line[..LongestLine] + "…");
        text = string.Create(CultureInfo.InvariantCulture, $"{clock.GetUtcNow():HH:mm:ss.fff} {text}");
        lock (_gate)
        {
            if (_first.Count < First)
            {
                _first.Add(text);
                return;
            }
            _newest.Enqueue(text);
            if (_newest.Count > Newest)
            {
                _newest.Dequeue();
                _dropped++;
            }
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            var middle = _dropped == 0 ? [] : new[] { string.Create(CultureInfo.InvariantCulture, $"… {_dropped} lines left out …") };
            return string.Join('\n', _first.Concat(middle).Concat(_newest));
        }
    }
}
