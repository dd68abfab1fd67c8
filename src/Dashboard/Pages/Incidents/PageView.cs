using System.Globalization;
using System.Text;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>Bytes of a kept file: a data page with its header in words, or the beginning of anything else.</summary>
internal sealed record PageView(long Block, long Pages, byte[] Bytes)
{
    private const int Width = 16;

    public bool IsPage => Pages > 0;

    /// <summary>Null where there is no such file, or no such page in it.</summary>
    public static async Task<PageView?> ReadAsync(string path, long block, CancellationToken cancel)
    {
        if (!File.Exists(path) || block < 0)
            return null;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var pages = file.Length > 0 && file.Length % PageHeader.BlockSize == 0 ? file.Length / PageHeader.BlockSize : 0;
        if (block >= Math.Max(pages, 1))
            return null;
        var bytes = new byte[Math.Min(PageHeader.BlockSize, file.Length)];
        file.Position = block * PageHeader.BlockSize;
        var read = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancel);
        return new(block, pages, bytes[..read]);
    }

    public IReadOnlyList<(string Name, string Value)> Words
    {
        get
        {
            var header = PageHeader.Read(Bytes);
            var empty = Bytes.All(b => b == 0);
            return
            [
                ("In words", empty ? "all zeros: a page that was never written, or that was lost" : header.IsSane ? "its header makes sense" : "its header breaks the rules: the server itself calls this page invalid"),
                ("Last change (LSN)", string.Create(CultureInfo.InvariantCulture, $"{header.Lsn >> 32:X}/{header.Lsn & 0xFFFFFFFF:X}")),
                ("Checksum", header.Checksum == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{header.Checksum:x4}")),
                ("Line pointers end at", $"{header.Lower}{(header.IsSane ? $" ({(header.Lower - PageHeader.Size) / 4} line pointers)" : "")}"),
                ("Rows begin at", $"{header.Upper}{(header.IsSane ? $" ({header.Upper - header.Lower} bytes are free)" : "")}"),
                ("Special part at", $"{header.Special}"),
                ("Everybody sees all of it", header.AllVisible ? "so it says" : "no"),
            ];
        }
    }

    public string Hex
    {
        get
        {
            var text = new StringBuilder(Bytes.Length * 5);
            for (var at = 0; at < Bytes.Length; at += Width)
            {
                var line = Bytes.AsSpan(at, Math.Min(Width, Bytes.Length - at));
                text.Append(CultureInfo.InvariantCulture, $"{at:x4}  ");
                for (var n = 0; n < Width; n++)
                    text.Append(n < line.Length ? line[n].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(n == 7 ? "  " : " ");
                text.Append(' ');
                foreach (var b in line)
                    text.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
                text.Append('\n');
            }
            return text.ToString();
        }
    }
}
