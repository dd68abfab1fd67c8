namespace HealingWorkers.Drill;

/// <summary>What of the corpus a class may choose from.</summary>
internal static class CorpusNames
{
    public const string Hostile = "\"we\"\"ird; DROP TABLE x--\".\"Order's \"\"table\"\"\"";
    public const string HostileIndex = "\"we\"\"ird; DROP TABLE x--\".\"we\"\"ird; DROP TABLE x--\"";

    public static readonly string[] Tables =
        ["public.people", "public.movies", "public.casts", "public.reviews", "public.external_metadata", "public.screenings_late", Hostile];

    public static readonly string[] BTrees =
    [
        "public.people_pkey", "public.people_email_key", "public.people_name_idx", "public.movies_pkey", "public.movies_title_idx",
        "public.movies_title_lower_idx", "public.movies_tmdb_id_key", "public.casts_pkey", "public.casts_person_id_idx",
        "public.screenings_late_movie_id_shown_at_idx", "public.external_metadata_pkey", HostileIndex,
    ];

    /// <summary>Text that an index holds too.</summary>
    public static readonly (string Table, string Column)[] IndexedText =
        [("public.people", "name"), ("public.people", "email"), ("public.movies", "title"), ("public.casts", "role"), (Hostile, "\"from\"")];

    public static readonly (string Table, string Column)[] OtherText = [("public.movies", "plot"), ("public.external_metadata", "source")];

    public static readonly string[] Gin = ["public.movies_metadata_gin", "public.movies_tags_gin"];
    public static readonly string[] Gist = ["public.movies_screened_gist", "public.reviews_place_gist"];
    public static readonly string[] Brin = ["public.movies_added_brin", "public.movies_tmdb_brin"];
    public static readonly string[] Hash = ["public.movies_title_hash"];

    public static readonly string[] Sequences = ["public.people_id_seq", "public.movies_id_seq", "public.reviews_id_seq", "public.screenings_id_seq"];
}
