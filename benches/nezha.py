#!/usr/bin/env python3
"""Judges labelled comparisons of the Nezha data and prints verdicts and findings against the truth.

nezha.py DIR [--binary target/release/logverdict] [--list]

DIR holds cases.json (objects with id, truth, baseline and candidate files, revision suffixes, visible_worse, ...) and the
windows that it names. Standard library only. Exit code 1 when a rule is broken: a ROLL BACK on a good case, a significant
harmful finding on more than one good case, a PROCEED where harm is visible in latency or known errors.
"""
import argparse
import collections
import json
import os
import subprocess
import sys


def judge(binary, folder, case):
    command = [binary, "compare", "--format", "json", "-q"]
    for side in ("baseline", "candidate"):
        for path in case[side]:
            command += [f"--{side}", os.path.join(folder, path)]
        command += [f"--{side}-revision", "*" + case[f"{side}_revision_suffix"]]
    done = subprocess.run(command, capture_output=True, text=True)
    if not done.stdout:
        return {"verdict": f"exit {done.returncode}", "findings": [], "reasons": [], "error": done.stderr.strip()}
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--binary", default="target/release/logverdict")
    parser.add_argument("--list", action="store_true", help="a line for each case")
    args = parser.parse_args()
    cases = json.load(open(os.path.join(args.folder, "cases.json")))["cases"]
    table, harmful, broken = collections.defaultdict(collections.Counter), collections.Counter(), []
    for case in cases:
        report = judge(args.binary, args.folder, case)
        group = case["truth"]
        if group == "bad":
            group += ", visible worse" if case.get("visible_worse") else ", visible" if case.get("visible") else ", not visible"
        found = [f for f in report["findings"] if f["harm"] and f["significant"]]
        table[group][report["verdict"]] += 1
        harmful[group] += bool(found)
        if args.list:
            names = ", ".join(f"{f['signal']['id']} {f['change']}" for f in found)
            print(f"{case['id']:60s} {group:20s} {report['verdict']:10s} {names} {report.get('error', '')}")
        seen = case.get("visible_in_latency") or case.get("visible_in_errors")
        if case["truth"] == "good" and report["verdict"] == "ROLL_BACK":
            broken.append(f"{case['id']}: ROLL BACK on a good case")
        if case.get("visible_worse") and seen and report["verdict"] == "PROCEED":
            broken.append(f"{case['id']}: PROCEED although harm is visible")
        if report["verdict"].startswith("exit"):
            broken.append(f"{case['id']}: {report['error']}")
    print(f"{'cases':22s} {'n':>3s} {'PROCEED':>8s} {'HOLD':>5s} {'ROLL BACK':>10s} {'harmful finding':>16s}")
    for group in sorted(table):
        row = table[group]
        print(f"{group:22s} {sum(row.values()):3d} {row['PROCEED']:8d} {row['HOLD']:5d} {row['ROLL_BACK']:10d} {harmful[group]:16d}")
    if harmful["good"] > 1:
        broken.append(f"{harmful['good']} good cases have a significant harmful finding")
    print("\n".join(broken) or "no rule is broken")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
