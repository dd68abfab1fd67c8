-- One page by pageinspect, for servers that give no files.
SELECT {schema}.get_raw_page($1, 'main', $2::int)
