using System.Globalization;
using Mono.Cecil;
using Mono.Cecil.Cil;
using Mono.Cecil.Rocks;

namespace HealingWorkers.Coverage;

/// <summary>Puts a mark before every statement of an assembly. Places are numbered over all assemblies, so that copies of one share them.</summary>
public sealed class Instrumenter(string sources, Dictionary<Place, int> places)
{
    public const string Kept = ".uncovered";

    /// <summary>Rewrites the assembly in its place; what it was is kept beside it.</summary>
    public void Rewrite(string file)
    {
        Restore(file);
        var symbols = Path.ChangeExtension(file, ".pdb");
        File.Copy(file, file + Kept);
        File.Copy(symbols, symbols + Kept);
        using var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(Path.GetDirectoryName(file));
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location));
        using var assembly = AssemblyDefinition.ReadAssembly(file + Kept, new ReaderParameters
        {
            AssemblyResolver = resolver,
            SymbolReaderProvider = new NamedSymbols(symbols + Kept),
            ReadSymbols = true,
        });
        var mark = assembly.MainModule.ImportReference(typeof(Hits).GetMethod(nameof(Hits.Mark)));
        foreach (var method in assembly.MainModule.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody && m.DebugInformation.HasSequencePoints))
        {
            Rewrite(method, mark);
        }
        assembly.Write(file, new WriterParameters { WriteSymbols = true });
    }

    public static void Restore(string file)
    {
        foreach (var part in (string[])[file, Path.ChangeExtension(file, ".pdb")])
        {
            if (File.Exists(part + Kept))
            {
                File.Move(part + Kept, part, overwrite: true);
            }
        }
    }

    private void Rewrite(MethodDefinition method, MethodReference mark)
    {
        var body = method.Body;
        var statements = method.DebugInformation.SequencePoints
            .Where(p => !p.IsHidden && IsSource(p.Document.Url))
            .Select(p => (At: body.Instructions.FirstOrDefault(i => i.Offset == p.Offset), Place: new Place(Path.GetRelativePath(sources, p.Document.Url), p.StartLine, p.EndLine)))
            .Where(s => s.At is not null).ToList();
        if (statements.Count == 0)
        {
            return;
        }
        body.SimplifyMacros();
        var il = body.GetILProcessor();
        var moved = new Dictionary<Instruction, Instruction>();
        foreach (var (at, place) in statements)
        {
            var load = il.Create(OpCodes.Ldc_I4, Number(place));
            il.InsertBefore(at!, load);
            il.InsertBefore(at!, il.Create(OpCodes.Call, mark));
            moved[at!] = load;
        }
        Retarget(body, moved);
        body.OptimizeMacros();
    }

    private static void Retarget(MethodBody body, Dictionary<Instruction, Instruction> moved)
    {
        Instruction? Now(Instruction? was) => was is not null && moved.TryGetValue(was, out var now) ? now : was;
        foreach (var instruction in body.Instructions)
        {
            instruction.Operand = instruction.Operand switch
            {
                Instruction one => Now(one),
                Instruction[] many => many.Select(m => Now(m)!).ToArray(),
                var other => other,
            };
        }
        foreach (var handler in body.ExceptionHandlers)
        {
            handler.TryStart = Now(handler.TryStart);
            handler.TryEnd = Now(handler.TryEnd);
            handler.HandlerStart = Now(handler.HandlerStart);
            handler.HandlerEnd = Now(handler.HandlerEnd);
            handler.FilterStart = Now(handler.FilterStart);
        }
    }

    private bool IsSource(string url) =>
        url.StartsWith(sources + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !url.Contains("/obj/", StringComparison.Ordinal);

    private int Number(Place place)
    {
        if (!places.TryGetValue(place, out var number))
        {
            number = places.Count;
            places.Add(place, number);
            if (number >= Hits.Most)
            {
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"more than {Hits.Most} places"));
            }
        }
        return number;
    }

    private sealed class NamedSymbols(string file) : ISymbolReaderProvider
    {
        private readonly DefaultSymbolReaderProvider _any = new(throwIfNoSymbol: true);

        public ISymbolReader GetSymbolReader(ModuleDefinition module, string fileName) => new PortablePdbReaderProvider().GetSymbolReader(module, File.OpenRead(file));

        public ISymbolReader GetSymbolReader(ModuleDefinition module, Stream symbolStream) => _any.GetSymbolReader(module, symbolStream);
    }
}
