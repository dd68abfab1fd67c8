using Newtonsoft.Json.Linq;
using NJsonSchema;
using NJsonSchema.Validation;

namespace HealingWorkers.Jobs.Options;

/// <summary>
/// Lengths in JSON Schema are counted in characters. The library counts the halves that the memory here keeps characters in, so that
/// it would call a text of emoji too long; it is not shown these words, and they are obeyed here.
/// </summary>
internal sealed class JsonShapeValidator : JsonSchemaValidator
{
    private const string Least = "x-healing-min-length";
    private const string Most = "x-healing-max-length";

    /// <summary>The name under which the library keeps such a word without obeying it; null for other words.</summary>
    public static string? Kept(string word) => word switch { "minLength" => Least, "maxLength" => Most, _ => null };

    protected override ICollection<ValidationError> Validate(JToken token, JsonSchema schema, SchemaType schemaType, string? propertyName, string propertyPath)
    {
        var errors = base.Validate(token, schema, schemaType, propertyName, propertyPath);
        if (token.Type == JTokenType.String && schema.ExtensionData is { } kept && (string?)token is { } text)
        {
            var length = text.EnumerateRunes().LongCount();
            if (kept.TryGetValue(Least, out var least) && least is long few && length < few)
            {
                errors.Add(new ValidationError(ValidationErrorKind.StringTooShort, propertyName, propertyPath, token, schema));
            }
            if (kept.TryGetValue(Most, out var most) && most is long many && length > many)
            {
                errors.Add(new ValidationError(ValidationErrorKind.StringTooLong, propertyName, propertyPath, token, schema));
            }
        }
        return errors;
    }
}
