using System.Text.Json;
using System.Text.Json.Nodes;

namespace HealingWorkers.Jobs.Options;

/// <summary>Which words of JSON Schema are understood, and how newer ones are said in older ones.</summary>
internal static class JsonShapeWords
{
    private static readonly HashSet<string> Plain =
    [
        "type", "enum", "required", "minProperties", "maxProperties", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength",
        "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "$ref",
    ];
    private static readonly HashSet<string> Remarks = ["$schema", "$id", "id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"];
    private static readonly HashSet<string> OneSchema = ["additionalProperties", "additionalItems", "not", "items"];
    private static readonly HashSet<string> MoreSchemas = ["allOf", "anyOf", "oneOf"];
    private static readonly HashSet<string> NamedSchemas = ["properties", "patternProperties", "definitions", "$defs"];

    /// <summary>Throws <see cref="FormatException"/> for what is not understood.</summary>
    public static string Understood(string text)
    {
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { MaxDepth = 64 });
        }
        catch (JsonException e)
        {
            throw new FormatException($"it is not JSON at line {e.LineNumber + 1}", e);
        }
        if (root is not JsonObject schema)
        {
            throw new FormatException("an object was expected");
        }
        if (!schema.Any(k => Plain.Contains(k.Key) || OneSchema.Contains(k.Key) || MoreSchemas.Contains(k.Key) || k.Key is "properties" or "patternProperties" or "const"))
        {
            throw new FormatException("it says nothing about any value");
        }
        Walk(schema, "#");
        return schema.ToJsonString();
    }

    private static void Walk(JsonObject schema, string place)
    {
        foreach (var (word, value) in schema.ToList())
        {
            if (OneSchema.Contains(word) && value is not JsonArray)
            {
                One(schema, word, value, $"{place}/{word}", mayBeFlag: word.StartsWith("additional", StringComparison.Ordinal));
            }
            else if ((MoreSchemas.Contains(word) || word == "items") && value is JsonArray more)
            {
                for (var i = 0; i < more.Count; i++)
                {
                    More(more, i, $"{place}/{word}/{i}");
                }
            }
            else if (NamedSchemas.Contains(word) && value is JsonObject named)
            {
                foreach (var (name, inner) in named.ToList())
                {
                    One(named, name, inner, $"{place}/{word}/{name}", mayBeFlag: false);
                }
            }
            else if (word == "const" && value is JsonValue)
            {
                schema.Remove(word);
                schema["enum"] = new JsonArray(value.DeepClone());
            }
            else if (JsonShapeValidator.Kept(word) is { } kept)
            {
                schema.Remove(word);
                schema[kept] = Length(value) ?? throw new FormatException($"{place}/{word} is no length");
            }
            else if (word == "$ref" && (string?)value is { } reference && !reference.StartsWith('#'))
            {
                throw new FormatException($"{place} refers to {reference}; only what is in the same file can be referred to");
            }
            else if (!Plain.Contains(word) && !Remarks.Contains(word) && !word.StartsWith("x-", StringComparison.Ordinal))
            {
                throw new FormatException($"{place} uses `{word}`, which is not understood here");
            }
        }
    }

    private static long? Length(JsonNode? value) =>
        value is JsonValue said && said.GetValueKind() == JsonValueKind.Number && said.TryGetValue<decimal>(out var number) && number is >= 0 and <= long.MaxValue && number == Math.Floor(number) ? (long)number : null;

    private static void One(JsonObject holder, string name, JsonNode? value, string place, bool mayBeFlag)
    {
        switch (value)
        {
            case JsonObject inner:
                Walk(inner, place);
                break;
            case JsonValue flag when flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                holder[name] = mayBeFlag ? flag.DeepClone() : Said(flag);
                break;
            default:
                throw new FormatException($"{place} is no schema");
        }
    }

    private static void More(JsonArray holder, int index, string place)
    {
        switch (holder[index])
        {
            case JsonObject inner:
                Walk(inner, place);
                break;
            case JsonValue flag when flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False:
                holder[index] = Said(flag);
                break;
            default:
                throw new FormatException($"{place} is no schema");
        }
    }

    private static JsonObject Said(JsonValue flag) => flag.GetValue<bool>() ? [] : new JsonObject { ["not"] = new JsonObject() };
}
