#!/usr/bin/env python3
"""Compares the numbers of `judge_cases --numbers --plain` with those of the reference implementation.

check_reference.py DATA_DIR [CASE_FILE...]

DATA_DIR holds case files (default: cases_aa.ndjson.gz and cases_ab.ndjson.gz) and reference.json.gz. Prints the largest relative
difference of each number and how many were compared, and how many verdicts agree. Exit code 1 when a difference exceeds 1e-6.
Standard library only. Run `cargo build --release --example judge_cases` before.
"""
import collections
import gzip
import json
import math
import os
import subprocess
import sys

LIMIT = 1e-6
# The reference prints nine digits, and leaves an adjusted p-value at 1 when the raw one is 0.05 or more.
REFERENCE_CUT = 0.05
# The reference forms a bound as u / (1 - u), which loses its digits when u is next to 1: such bounds are "unbounded" here.
UNBOUNDED, ZERO = 1e9, 1e-250
VERDICTS = {"ROLLBACK", "HOLD", "PROCEED"}


def difference(got, want):
    got, want = (math.inf if v is None or abs(v) > UNBOUNDED else v for v in (got, want))
    if math.isinf(got) or math.isinf(want):
        return 0.0 if got == want else math.inf
    got, want = (0.0 if abs(v) < ZERO else v for v in (got, want))
    return abs(got - want) / max(abs(want), 1e-300) if got != want else 0.0


class Differences:
    def __init__(self):
        self.count, self.worst = collections.Counter(), {}

    def add(self, name, where, got, want):
        d = difference(got, want)
        self.count[name] += want is not None
        if d >= self.worst.get(name, (-1,))[0]:
            self.worst[name] = (d, where, got, want)

    def report(self):
        for name, (d, where, got, want) in sorted(self.worst.items()):
            print(f"{name:14s} {self.count[name]:6d} compared, largest relative difference {d:.2e}  at {where}: {got} for {want}")
        return all(d <= LIMIT for d, *_ in self.worst.values())


def compare(case_id, numbers, reference, out):
    rows = {r["name"]: r for r in numbers["rows"]}
    for want in reference.get("rows", []):
        got, where = rows[want["name"]], f"{case_id} {want['name']}"
        assert got["x"] == want["x"], where
        assert len(got["phi"]) == len(want["phi"]), where
        for i, (p, d) in enumerate(zip(want["phi"], want["df"])):
            out.add("phi", where, got["phi"][i], p)
            out.add("df", where, got["df"][i], d)
        out.add("p", where, got["p"], want["p"])
        if want["p"] < REFERENCE_CUT or want["name"] == "5xx":
            out.add("p_adjusted", where, got["p_adjusted"], want["p_adjusted"])
        for end in (0, 1):
            out.add("ratio_95", where, got["ratio_95"][end], want["ratio_95"][end])
        out.add("ni_ratio", where, got["ni_ratio"], want["ni_ratio"])
        out.add("ni_excess", where, got["ni_excess"], want["ni_excess"])
    for got in numbers["latency"]:
        for i, name in enumerate(("lat shift", "lat low", "lat high", "lat tolerance")):
            if "latency" in reference:
                out.add(name, f"{case_id} {got['quantile']}", got["numbers"][i], reference["latency"][got["quantile"]][i])


def main():
    data = sys.argv[1]
    files = sys.argv[2:] or [os.path.join(data, f"cases_{kind}.ndjson.gz") for kind in ("aa", "ab")]
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    binary = os.path.join(target, "release", "examples", "judge_cases")
    lines = subprocess.run([binary, "--numbers", "--plain", *files], check=True, capture_output=True, text=True).stdout.splitlines()
    with gzip.open(os.path.join(data, "reference.json.gz"), "rt") as f:
        reference = json.load(f)
    out, cases, verdicts, rows = Differences(), 0, 0, 0
    false_findings = collections.Counter()
    for line in lines:
        case = json.loads(line)
        want = reference[case["id"]]
        compare(case["id"], case["numbers"], want, out)
        cases += 1
        rows += len(want.get("rows", []))
        if want["verdict"] in VERDICTS and want["verdict"] != case["verdict"]:
            print("verdict differs:", case["id"], case["verdict"], "for", want["verdict"], case["reasons"], want["reasons"])
        verdicts += want["verdict"] == case["verdict"]
        found = [f for kind in ("rows", "latency") for f in case["numbers"][kind] if f["significant"]]
        kind = case["id"][:2]
        false_findings[kind, "cases"] += 1
        false_findings[kind, "cases with a significant finding"] += bool(found)
        false_findings[kind, "cases with a significant harmful finding"] += any(f["harm"] for f in found)
        false_findings[kind, "of them by rates"] += any(f["harm"] and "x" in f for f in found)
        false_findings[kind, "of them by latency"] += any(f["harm"] and "x" not in f for f in found)
    print(f"{cases} cases, {rows} rows, {verdicts} equal verdicts")
    good = out.report()
    for (kind, name), n in sorted(false_findings.items()):
        print(f"{kind}: {n} {name}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
