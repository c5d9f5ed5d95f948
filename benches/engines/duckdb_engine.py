"""DuckDB: `read_ndjson` with explicit columns; RE2 `regexp_matches`, `contains` for literals; optional one-regex prefilter."""
from . import rules as R

VARIANTS = {"plain": R.PLAIN, "prefilter": R.TUNED}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def payload_texts() -> list[str]:
    """The texts of `jsonPayload` in the order of their rank, the empty ones as NULL."""
    texts = []
    for name in R.MESSAGE_FIELDS:
        field = f"jsonPayload.{name}"
        if name in R.ERROR_FIELDS:
            inner = "".join(f", nullif({field} ->> '$.{key}', '')" for key in R.ERROR_TEXTS)
            texts.append(f"CASE json_type({field}) WHEN 'VARCHAR' THEN nullif({field} ->> '$', '') WHEN 'OBJECT' THEN coalesce(NULL{inner}) END")
        else:
            texts.append(f"nullif({field}, '')")
    return texts


def source(path: str, distinct: bool) -> str:
    fields = ", ".join(f"{name} {'JSON' if name in R.ERROR_FIELDS else 'VARCHAR'}" for name in R.MESSAGE_FIELDS)
    columns = {
        "logName": "VARCHAR",
        "severity": "VARCHAR",
        "textPayload": "VARCHAR",
        "jsonPayload": f"STRUCT({fields})",
        "protoPayload": "STRUCT(status STRUCT(message VARCHAR), methodName VARCHAR)",
        "httpRequest": "STRUCT(status INTEGER)",
        "resource": "STRUCT(labels STRUCT(revision_name VARCHAR))",
    }
    if distinct:
        columns |= {"timestamp": "VARCHAR", "insertId": "VARCHAR"}
    listed = ", ".join(f"{name}: {quoted(kind)}" for name, kind in columns.items())
    message = ", ".join(["textPayload", *payload_texts(), "nullif(protoPayload.status.message, '')", "protoPayload.methodName"])
    once = "DISTINCT ON (logName, timestamp, insertId)" if distinct else ""
    return (
        f"SELECT {once} coalesce(resource.labels.revision_name, '') AS rev, coalesce(split_part(logName, '/logs/', 2), '') AS log,"
        f" coalesce(severity, 'DEFAULT') AS sev, coalesce(httpRequest.status, 0) AS status, coalesce({message}) AS msg"
        f" FROM read_ndjson({quoted(path)}, columns={{{listed}}}, maximum_object_size=67108864)"
    )


def fields_condition(rule: R.Rule) -> list[str]:
    parts = []
    if rule.other_log:
        parts.append(f"log NOT IN ({', '.join(map(quoted, rule.excluded_logs))})")
    elif rule.logs:
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
        by_fields = [f"({' AND '.join(fields_condition(rule))})" for rule in rules if not rule.regex]
        keep = " OR ".join([f"regexp_matches(msg, {quoted(R.any_text(rules))})"] + by_fields)
        rows = f"(SELECT * FROM {rows} WHERE {keep})"
    counts = ", ".join(f"count(*) FILTER (WHERE {condition(rule)})" for rule in rules)
    out: dict = {}
    for rev, *numbers in db.execute(f"SELECT rev, {counts} FROM {rows} GROUP BY rev").fetchall():
        for rule, number in zip(rules, numbers):
            out.setdefault(rule.id, {})[rev] = number
    return R.table(rules, out)
