using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Options;

[TestFixture]
public sealed class JsonShapeTests
{
    private const string Ratings = """
        { "type": "object", "required": ["title"], "properties": {
            "title": { "type": "string" },
            "ratings": { "type": "array", "items": { "$ref": "#/$defs/rating" } } },
          "$defs": { "rating": { "type": "object", "required": ["source"], "properties": { "source": { "type": "string" }, "stars": { "type": "integer" } } } } }
        """;

    [TestCase("""{ "title": "a", "ratings": [{ "source": "x" }, { "source": "y" }, { "source": 3 }] }""", "$.ratings[2].source", "string expected")]
    [TestCase("""{ "title": "a", "ratings": [{}] }""", "$.ratings[0].source", "property required")]
    [TestCase("""{ "ratings": [] }""", "$.title", "property required")]
    [TestCase("[1]", "$", "object expected")]
    [TestCase("null", "$", "object expected")]
    public void The_failing_path_is_named(string value, string path, string what) =>
        Assert.That(JsonShape.Parse(Ratings).Judge(value, isText: false), Is.EqualTo(new JsonVerdict(true, path, what)));

    [TestCase("""{ "title": "2020-01-01T00:00:00Z", "ratings": [{ "source": "x", "stars": 4.0 }] }""")]
    [TestCase("""{ "title": "", "more": 1e400 }""")]
    public void What_is_right_is_right(string value) => Assert.That(JsonShape.Parse(Ratings).Judge(value, isText: true), Is.EqualTo(JsonVerdict.Right));

    [TestCase("{ \"title\": \"a\", }", "not JSON at line 1, byte 17")]
    [TestCase("{ 'title': 'a' }", "not JSON at line 1, byte 3")]
    [TestCase("", "not JSON at line 1, byte 1")]
    public void Text_that_is_no_json(string value, string what) =>
        Assert.That(JsonShape.Parse(Ratings).Judge(value, isText: true), Is.EqualTo(new JsonVerdict(true, "$", what)));

    [Test]
    public void What_is_nested_too_deeply_is_not_called_wrong() =>
        Assert.That(JsonShape.Parse(Ratings).Judge(new string('[', 1000) + new string(']', 1000), isText: true), Is.EqualTo(JsonVerdict.NotLooked));

    [TestCase("""{ "maxLength": 3 }""", "\"👍👍👍\"", true)]
    [TestCase("""{ "maxLength": 3.0 }""", "\"👍👍👍👍\"", false)]
    [TestCase("""{ "minLength": 2 }""", "\"👍\"", false)]
    [TestCase("""{ "minLength": 2 }""", "1", true)]
    [TestCase("""{ "items": { "$ref": "#/$defs/x" }, "$defs": { "x": { "maxLength": 1 } } }""", "[\"👍\"]", true)]
    [TestCase("""{ "additionalProperties": { "maxLength": 1 } }""", "{ \"a\": \"ab\" }", false)]
    [TestCase("""{ "not": { "maxLength": 1 } }""", "\"👍\"", false)]
    [TestCase("""{ "anyOf": [{ "maxLength": 1 }, { "minLength": 3 }] }""", "\"ab\"", false)]
    [TestCase("""{ "properties": { "maxLength": { "maxLength": 2 } } }""", "{ \"maxLength\": \"👍👍\" }", true)]
    [TestCase("""{ "type": ["string", "integer"], "maxLength": 1 }""", "\"ab\"", false)]
    public void Lengths_are_counted_in_characters(string schema, string value, bool right) =>
        Assert.That(JsonShape.Parse(schema).Judge(value, isText: false).Path is null, Is.EqualTo(right));

    [TestCase("""{ "maxLength": "3" }""")]
    [TestCase("""{ "minLength": -1 }""")]
    [TestCase("""{ "minLength": 1.5 }""")]
    public void A_length_that_is_none_is_refused(string schema) => Assert.That(() => JsonShape.Parse(schema), Throws.InstanceOf<FormatException>().With.Message.Contains("is no length"));

    [TestCase("""{ "const": "a" }""", "\"b\"")]
    [TestCase("""{ "properties": { "a": false } }""", """{ "a": 1 }""")]
    [TestCase("""{ "items": { "$ref": "#/definitions/x" }, "definitions": { "x": { "maximum": 1 } } }""", "[2]")]
    [TestCase("""{ "type": ["string", "null"] }""", "1")]
    public void Newer_words_are_obeyed(string schema, string wrong) => Assert.That(JsonShape.Parse(schema).Judge(wrong, isText: false).Path, Is.Not.Null);
}
