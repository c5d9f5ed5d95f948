"""ClickHouse (chdb): `file()` with JSONEachRow and explicit columns, or one simdjson extraction per line; Vectorscan or RE2."""
import json

from . import rules as R

VARIANTS = {
    "columns+match": R.PLAIN,
    "columns+vectorscan": R.PLAIN,
    "columns+prefilter": R.TUNED,
    "extract+prefilter": R.TUNED,
    "extract+vectorscan": R.TUNED,
}


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def structure(distinct: bool) -> list[tuple[str, str]]:
    fields = ", ".join(f"{name} Nullable(String)" for name in R.MESSAGE_FIELDS)
    columns = [
        ("logName", "LowCardinality(String)"),
        ("severity", "LowCardinality(String)"),
        ("textPayload", "Nullable(String)"),
        ("jsonPayload", f"Tuple({fields})"),
        ("protoPayload", "Tuple(status Tuple(message Nullable(String)), methodName Nullable(String))"),
        ("httpRequest", "Tuple(status UInt16)"),
        ("resource", "Tuple(labels Tuple(revision_name LowCardinality(String)))"),
    ]
    return columns + ([("timestamp", "String"), ("insertId", "String")] if distinct else [])


def message() -> str:
    """The text of an entry; of the fields in their order the first that is not empty."""
    texts = ["textPayload"]
    for name in R.MESSAGE_FIELDS:
        field = f"jsonPayload.{name}"
        if name in R.ERROR_FIELDS:
            # An object comes as its JSON text.
            inner = ", ".join(f"nullIf(JSONExtractString({field}, '{key}'), '')" for key in R.ERROR_TEXTS)
            texts.append(f"if(startsWith({field}, '{{') AND endsWith({field}, '}}'), coalesce({inner}), nullIf({field}, ''))")
        else:
            texts.append(f"nullIf({field}, '')")
    return f"coalesce({', '.join(texts)}, nullIf(protoPayload.status.message, ''), protoPayload.methodName, '')"


def entries(path: str, distinct: bool, by_line: bool) -> str:
    """A subquery with one row an entry: rev, log, sev, status, msg and, to be told apart, timestamp and insertId."""
    names = structure(distinct)
    if by_line:
        shape = "Tuple(" + ", ".join(f"{name} {kind}" for name, kind in names) + ")"
        shape = shape.replace("LowCardinality(String)", "String")
        parts = ", ".join(f"e.{name} AS {name}" for name, _ in names)
        rows = f"(SELECT JSONExtract(line, {quoted(shape)}) AS e, {parts} FROM file({quoted(path)}, 'LineAsString', 'line String'))"
    else:
        listed = ", ".join(f"{name} {kind}" for name, kind in names)
        rows = f"file({quoted(path)}, 'JSONEachRow', {quoted(listed)})"
    once = " LIMIT 1 BY logName, timestamp, insertId" if distinct else ""
    return (
        f"(SELECT resource.labels.revision_name AS rev, splitByString('/logs/', toString(logName))[2] AS log, severity AS sev,"
        f" httpRequest.status AS status, {message()} AS msg FROM {rows}{once})"
    )


def matches(rules: list[R.Rule], variant: str) -> str:
    """The 1-based places of the patterns that a message matches, as an array."""
    if "vectorscan" in variant:
        return f"multiMatchAllIndices(msg, [{', '.join(quoted(rule.regex) for rule in rules)}])"
    tests = []
    for place, rule in enumerate(rules, 1):
        literal = rule.literal()
        test = f"position(msg, {quoted(literal)}) > 0" if literal else f"match(msg, {quoted(rule.regex)})"
        tests.append(f"if({test}, {place}, 0)")
    places = f"arrayFilter(x -> x > 0, [{', '.join(tests)}])"
    if "prefilter" not in variant:
        return places
    return f"if(match(msg, {quoted(R.any_text(rules))}), {places}, [])"


def run(path: str, rules: list[R.Rule], threads: int, distinct: bool, variant: str) -> dict:
    from chdb import session

    texts = [rule for rule in rules if rule.regex]
    fields = [rule for rule in rules if not rule.regex]
    sql = (
        f"SELECT rev, log, sev, status, place, count() AS n"
        f" FROM (SELECT rev, log, sev, status, {matches(texts, variant)} AS places FROM {entries(path, distinct, 'extract' in variant)})"
        f" ARRAY JOIN arrayPushFront(places, 0) AS place GROUP BY rev, log, sev, status, place"
        f" SETTINGS max_threads = {threads}, max_parsing_threads = {threads}, input_format_skip_unknown_fields = 1,"
        f" input_format_json_ignore_unknown_keys_in_named_tuple = 1, input_format_json_defaults_for_missing_elements_in_named_tuple = 1,"
        f" reject_expensive_hyperscan_regexps = 0, short_circuit_function_evaluation = 'enable', max_hyperscan_regexp_length = 0, max_hyperscan_regexp_total_length = 0"
    )
    answer = session.Session().query(sql, "JSONCompactEachRow").bytes()
    out: dict = {}
    for line in answer.splitlines():
        rev, log, sev, status, place, number = json.loads(line)
        candidates = [texts[int(place) - 1]] if int(place) else fields
        for rule in candidates:
            if rule.allows(log, sev, int(status)):
                by_revision = out.setdefault(rule.id, {})
                by_revision[rev] = by_revision.get(rev, 0) + int(number)
    return R.table(rules, out)
