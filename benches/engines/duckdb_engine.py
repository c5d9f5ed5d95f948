"""DuckDB: `read_ndjson` with explicit columns; RE2 `regexp_matches`, `contains` for literals; optional one-regex prefilter."""
from . import rules as R

VARIANTS = ("prefilter", "plain")


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def source(path: str, distinct: bool) -> str:
    fields = ", ".join(f"{name} VARCHAR" for name in R.MESSAGE_FIELDS)
    columns = {
        "logName": "VARCHAR",
        "severity": "VARCHAR",
        "textPayload": "VARCHAR",
        "jsonPayload": f"STRUCT({fields})",
        "httpRequest": "STRUCT(status INTEGER)",
        "resource": "STRUCT(labels STRUCT(revision_name VARCHAR))",
    }
    if distinct:
        columns |= {"timestamp": "VARCHAR", "insertId": "VARCHAR"}
    listed = ", ".join(f"{name}: {quoted(kind)}" for name, kind in columns.items())
    message = ", ".join(["textPayload"] + [f"jsonPayload.{name}" for name in R.MESSAGE_FIELDS])
    once = "DISTINCT ON (logName, timestamp, insertId)" if distinct else ""
    return (
        f"SELECT {once} coalesce(resource.labels.revision_name, '') AS rev, split_part(logName, '/logs/', 2) AS log,"
        f" coalesce(severity, 'DEFAULT') AS sev, coalesce(httpRequest.status, 0) AS status, coalesce({message}) AS msg"
        f" FROM read_ndjson({quoted(path)}, columns={{{listed}}}, maximum_object_size=67108864)"
    )


def fields_condition(rule: R.Rule) -> list[str]:
    parts = []
    if rule.logs:
        parts.append(f"log IN ({', '.join(map(quoted, rule.logs))})")
    if rule.min_severity:
        parts.append(f"sev IN ({', '.join(map(quoted, R.SEVERITIES[rule.min_severity:]))})")
    if rule.statuses:
        parts.append("(" + " OR ".join(f"status BETWEEN {low} AND {high}" for low, high in rule.statuses) + ")")
    return parts


def condition(rule: R.Rule) -> str:
    parts = fields_condition(rule)
    if rule.regex:
        literal = rule.literal()
        parts.append(f"contains(msg, {quoted(literal)})" if literal else f"regexp_matches(msg, {quoted(rule.regex)})")
    return " AND ".join(parts)


def run(path: str, rules: list[R.Rule], threads: int, distinct: bool, variant: str) -> dict:
    import duckdb

    db = duckdb.connect(config={"threads": threads})
    rows = f"({source(path, distinct)})"
    if variant == "prefilter":
        any_text = "|".join(f"(?:{rule.regex})" for rule in rules if rule.regex)
        by_fields = [f"({' AND '.join(fields_condition(rule))})" for rule in rules if not rule.regex]
        keep = " OR ".join([f"regexp_matches(msg, {quoted(any_text)})"] + by_fields)
        rows = f"(SELECT * FROM {rows} WHERE {keep})"
    counts = ", ".join(f"count(*) FILTER (WHERE {condition(rule)})" for rule in rules)
    out: dict = {}
    for rev, *numbers in db.execute(f"SELECT rev, {counts} FROM {rows} GROUP BY rev").fetchall():
        for rule, number in zip(rules, numbers):
            out.setdefault(rule.id, {})[rev] = number
    return R.table(rules, out)
