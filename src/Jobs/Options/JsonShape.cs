using System.Text;
using System.Text.Json;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;
using Utf8JsonReader = System.Text.Json.Utf8JsonReader;

namespace HealingWorkers.Jobs.Options;

/// <summary>A JSON Schema, and what it says of a value. A schema that uses words which are not understood is refused, never half obeyed.</summary>
public sealed class JsonShape
{
    private const int Deepest = 256;
    private static readonly JsonLoadSettings Loading = new() { CommentHandling = CommentHandling.Load };
    private static readonly JsonShapeValidator Validator = new();
    private readonly JsonSchema _schema;

    private JsonShape(JsonSchema schema) => _schema = schema;

    /// <summary>Throws <see cref="FormatException"/> that says why it is none.</summary>
    public static JsonShape Parse(string text)
    {
        var understood = JsonShapeWords.Understood(text);
        try
        {
            // without a file or an address of its own it cannot lead anywhere; references out of it were refused before
            return new(JsonSchema.FromJsonAsync(understood).GetAwaiter().GetResult());
        }
        catch (Exception e) when (e is Newtonsoft.Json.JsonException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            throw new FormatException(e.Message.Split('\n')[0], e);
        }
    }

    /// <param name="isText">The server has not made sure that it is JSON.</param>
    public JsonVerdict Judge(string value, bool isText)
    {
        if (isText && NotJson(value) is { } why)
        {
            return new(true, "$", why);
        }
        JToken token;
        try
        {
            using var reader = new JsonTextReader(new StringReader(value)) { MaxDepth = Deepest, DateParseHandling = DateParseHandling.None };
            token = JToken.Load(reader, Loading);
        }
        catch (JsonReaderException)
        {
            return JsonVerdict.NotLooked;
        }
        var errors = Validator.Validate(token, _schema);
        if (errors.Count > 0 && Whole(token) is { } whole)
        {
            errors = Validator.Validate(whole, _schema);
        }
        return errors.Count == 0 ? JsonVerdict.Right : Of(errors.First());
    }

    /// <summary>The innermost of what it says, since that is where somebody will look.</summary>
    private static JsonVerdict Of(ValidationError error)
    {
        while (error is ChildSchemaValidationError { Errors: var inside } && inside.SelectMany(e => e.Value).FirstOrDefault() is { } inner)
        {
            error = inner;
        }
        var path = error.Path is null or "#" or "#/" ? "$" : "$" + (error.Path.StartsWith("#/[", StringComparison.Ordinal) ? error.Path[2..] : "." + error.Path[2..]);
        return new(true, path, Words(error.Kind.ToString()));
    }

    /// <summary>1.0 is a whole number to JSON Schema. Null where nothing is written like that.</summary>
    private static JToken? Whole(JToken token)
    {
        var changed = false;
        var copy = token.DeepClone();
        foreach (var value in copy.SelectTokens("$..*").Append(copy).OfType<JValue>().Where(v => v.Type == JTokenType.Float).ToList())
        {
            if (value.Value is double number && number == Math.Floor(number) && Math.Abs(number) < 1L << 53)
            {
                changed = true;
                if (ReferenceEquals(value, copy))
                {
                    return new JValue((long)number);
                }
                value.Replace(new JValue((long)number));
            }
        }
        return changed ? copy : null;
    }

    private static string? NotJson(string value)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(value), new JsonReaderOptions { MaxDepth = 1 << 16 });
        try
        {
            while (reader.Read())
            {
            }
            return null;
        }
        catch (System.Text.Json.JsonException e)
        {
            return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"not JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private static string Words(string kind) => string.Concat(kind.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));
}

/// <param name="Looked">False where it is nested too deeply to be looked at.</param>
/// <param name="Path">Where it goes wrong: <c>$.ratings[2].source</c>; null where nothing is wrong.</param>
public sealed record JsonVerdict(bool Looked, string? Path, string? What)
{
    public static readonly JsonVerdict Right = new(true, null, null);
    public static readonly JsonVerdict NotLooked = new(false, null, null);
}
