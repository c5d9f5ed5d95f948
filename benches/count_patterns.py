#!/usr/bin/env python3
"""Counts every shipped pattern by revision over one NDJSON file, with logverdict and with general engines, and checks that all agree.

  python benches/count_patterns.py big.ndjson --binary target/release/logverdict --threads 2 --runs 3
  python benches/count_patterns.py big.ndjson --engines duckdb,polars,clickhouse --distinct

Each run is a process of its own. Of each engine the best of its variants and runs counts. For the engines the time of the
query alone is used, without start-up and imports; for logverdict the whole process. See docs/benchmarks.md.
"""
import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from engines import rules as R  # noqa: E402

ENGINES = {"duckdb": "duckdb", "polars": "polars", "clickhouse": "chdb"}
FIRST_DIFFERENCES = 10


def measured(command: list[str]) -> dict:
    """Runs a command; wall and user seconds, peak resident MB of it, and its standard output."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        out.seek(0)
        err.seek(0)
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss / 1024, "code": child.returncode,
                "out": out.read(), "err": err.read().decode(errors="replace")}


def in_child(args) -> None:
    """The child's side: one engine, one variant; prints its counts and the time of the query."""
    engine = importlib.import_module(f"engines.{args.child}_engine")
    importlib.import_module(ENGINES[args.child])
    rules = R.load(args.patterns)
    begin = time.perf_counter()
    counts = engine.run(str(args.file), rules, args.threads, args.distinct, args.variant)
    json.dump({"query": time.perf_counter() - begin, "counts": counts}, sys.stdout)


def run_engine(name: str, variant: str, args) -> dict:
    command = [sys.executable, __file__, str(args.file), "--patterns", str(args.patterns), "--threads", str(args.threads),
               "--child", name, "--variant", variant] + (["--distinct"] if args.distinct else [])
    run = measured(command)
    if run["code"] != 0:
        return run | {"name": name, "variant": variant, "failed": run["err"].strip().splitlines()[-1:] or ["no message"]}
    answer = json.loads(run["out"])
    return run | {"name": name, "variant": variant, "time": answer["query"], "counts": answer["counts"]}


def run_logverdict(args) -> dict:
    command = [str(args.binary), "scan", str(args.file), "--format", "json", "-q"] + args.binary_args.split()
    run = measured(command)
    if run["code"] != 0:
        return run | {"name": "logverdict", "variant": "", "failed": run["err"].strip().splitlines()[-1:] or ["no message"]}
    patterns = json.loads(run["out"])["patterns"]
    counts = {p["id"]: dict(sorted((k, v) for k, v in p["by_revision"].items() if v)) for p in patterns if p["count"]}
    return run | {"name": "logverdict", "variant": "scan", "time": run["wall"], "counts": dict(sorted(counts.items()))}


def best_runs(args) -> list[dict]:
    """The fastest run of every engine and variant; rounds alternate between them, so that drift of the machine hits all."""
    plan = [(name, variant) for name in args.engines for variant in importlib.import_module(f"engines.{name}_engine").VARIANTS]
    best: dict = {}
    for _ in range(args.runs):
        runs = [run_logverdict(args)] if args.binary else []
        runs += [run_engine(name, variant, args) for name, variant in plan]
        for run in runs:
            key = (run["name"], run["variant"])
            if "failed" in run:
                best.setdefault(key, run)
            elif key not in best or run["time"] < best[key].get("time", float("inf")):
                best[key] = run
    return list(best.values())


def differences(one: dict, other: dict) -> list[str]:
    a = {(i, r): n for i, revs in one.items() for r, n in revs.items()}
    b = {(i, r): n for i, revs in other.items() for r, n in revs.items()}
    return [f"{i} {r or '(no revision)'}: {a.get((i, r), 0)} != {b.get((i, r), 0)}" for i, r in sorted(a.keys() | b.keys()) if a.get((i, r), 0) != b.get((i, r), 0)]


def report(runs: list[dict], args) -> int:
    good = sorted((run for run in runs if "failed" not in run), key=lambda run: run["time"])
    rivals = [run for run in good if run["name"] != "logverdict"]
    fastest = rivals[0]["time"] if rivals else None
    mb = args.file.stat().st_size / 1e6
    print(f"\n{args.file.name}: {mb:.0f} MB, {len(R.load(args.patterns))} patterns, {args.threads} threads, best of {args.runs}"
          + (", distinct entries" if args.distinct else ""))
    print(f"| {'engine':24} | {'seconds':>8} | {'MB/s':>6} | {'wall s':>7} | {'CPU s':>7} | {'peak MB':>8} | {'to fastest rival':>16} |")
    print("|" + "|".join("-" * n for n in (26, 10, 8, 9, 9, 10, 18)) + "|")
    for run in good:
        name = f"{run['name']} {run['variant']}".strip()
        ratio = f"{run['time'] / fastest:.2f}" if fastest else "-"
        print(f"| {name:24} | {run['time']:8.2f} | {mb / run['time']:6.0f} | {run['wall']:7.2f} | {run['cpu']:7.2f} | {run['rss']:8.0f} | {ratio:>16} |")
    lines = measured(["wc", "-l", str(args.file)])
    print(f"| {'wc -l (lines only)':24} | {lines['wall']:8.2f} | {mb / lines['wall']:6.0f} | {lines['wall']:7.2f} | {lines['cpu']:7.2f} | {lines['rss']:8.0f} | {'':16} |")
    return check(good, [run for run in runs if "failed" in run])


def check(good: list[dict], failed: list[dict]) -> int:
    """Says whether all counts agree with the first engine's; 1 when any differs or failed."""
    for run in failed:
        print(f"FAILED {run['name']} {run['variant']}: {run['failed'][0][:300]}")
    wrong = 0
    for run in good[1:]:
        found = differences(good[0]["counts"], run["counts"])
        if found:
            wrong += 1
            print(f"DIFFERENT {good[0]['name']} {good[0]['variant']} and {run['name']} {run['variant']}: {len(found)} counts")
            print("\n".join(f"  {line}" for line in found[:FIRST_DIFFERENCES]))
    if good and not wrong:
        total = sum(n for revs in good[0]["counts"].values() for n in revs.values())
        print(f"all {len(good)} agree: {len(good[0]['counts'])} patterns seen, {total} matches")
    return 1 if wrong or failed else 0


def importable(name: str) -> bool:
    return importlib.util.find_spec(ENGINES[name]) is not None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--binary", type=Path, help="logverdict; without it only the engines run")
    parser.add_argument("--binary-args", default="", help="further arguments of `logverdict scan`")
    parser.add_argument("--patterns", type=Path, default=HERE.parent / "patterns")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=None, help="of " + ", ".join(ENGINES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--distinct", action="store_true", help="ask every engine to drop entries met before (log name, timestamp, insertId)")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        in_child(args)
        return 0
    args.engines = [name for name in (args.engines or ENGINES) if name and importable(name)]
    subprocess.run(["wc", "-l", str(args.file)], stdout=subprocess.DEVNULL, check=True)  # warms the page cache
    return report(best_runs(args), args)


if __name__ == "__main__":
    sys.exit(main())
