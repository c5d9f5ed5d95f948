"""Polars: lazy `scan_ndjson` with an explicit schema, streaming engine; Rust regex `str.contains`, literal where it is one."""
import os

from . import rules as R

VARIANTS = ("prefilter", "plain")


def run(path: str, rules: list[R.Rule], threads: int, distinct: bool, variant: str) -> dict:
    os.environ["POLARS_MAX_THREADS"] = str(threads)
    import polars as pl

    text = pl.String
    schema = {
        "logName": text,
        "severity": text,
        "textPayload": text,
        "jsonPayload": pl.Struct({name: text for name in R.MESSAGE_FIELDS}),
        "httpRequest": pl.Struct({"status": pl.Int32}),
        "resource": pl.Struct({"labels": pl.Struct({"revision_name": text})}),
    }
    if distinct:
        schema |= {"timestamp": text, "insertId": text}
    rows = pl.scan_ndjson(path, schema=schema)
    if distinct:
        rows = rows.unique(subset=["logName", "timestamp", "insertId"], maintain_order=False)
    payload = pl.col("jsonPayload").struct
    rows = rows.select(
        rev=pl.col("resource").struct.field("labels").struct.field("revision_name").fill_null(""),
        log=pl.col("logName").str.split_exact("/logs/", 1).struct.field("field_1"),
        sev=pl.col("severity").fill_null("DEFAULT"),
        status=pl.col("httpRequest").struct.field("status").fill_null(0),
        msg=pl.coalesce(pl.col("textPayload"), *[payload.field(name) for name in R.MESSAGE_FIELDS]),
    )
    if variant == "prefilter":
        any_text = "|".join(f"(?:{rule.regex})" for rule in rules if rule.regex)
        keep = pl.col("msg").str.contains(any_text).fill_null(False)
        for rule in rules:
            if not rule.regex:
                keep = keep | condition(pl, rule)
        rows = rows.filter(keep)
    counted = rows.group_by("rev").agg(condition(pl, rule).sum().alias(rule.id) for rule in rules).collect(engine="streaming")
    out: dict = {}
    for row in counted.iter_rows(named=True):
        for rule in rules:
            out.setdefault(rule.id, {})[row["rev"]] = row[rule.id] or 0
    return R.table(rules, out)


def condition(pl, rule: R.Rule):
    parts = []
    if rule.logs:
        parts.append(pl.col("log").is_in(list(rule.logs)))
    if rule.min_severity:
        parts.append(pl.col("sev").is_in(list(R.SEVERITIES[rule.min_severity :])))
    if rule.statuses:
        parts.append(pl.any_horizontal([pl.col("status").is_between(low, high) for low, high in rule.statuses]))
    if rule.regex:
        literal = rule.literal()
        parts.append(pl.col("msg").str.contains(literal or rule.regex, literal=literal is not None).fill_null(False))
    return pl.all_horizontal(parts)
