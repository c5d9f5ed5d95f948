#!/usr/bin/env python3
"""Counts every shipped pattern by revision over one NDJSON file, with logverdict and with general engines, and checks that all agree.

  python benches/count_patterns.py big.ndjson --binary target/release/logverdict --threads 2 --runs 3
  python benches/count_patterns.py big.ndjson --binary target/release/logverdict --deployed-at 2025-03-04T11:00:00Z
  python benches/count_patterns.py big.ndjson --engines duckdb,polars,clickhouse --distinct
  python benches/count_patterns.py --memory big-*.ndjson --binary target/release/logverdict --array

Each run is a process of its own; of the runs of each variant the fastest counts. For the engines seconds and CPU seconds
are those of the query alone, without start-up and imports; for logverdict the whole process. See docs/benchmarks.md.
"""
import argparse
import importlib
import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import memory  # noqa: E402
from engines import rules as R  # noqa: E402
from measure import CORE_MB_PER_SECOND, failure, measured  # noqa: E402

ENGINES = {"duckdb": "duckdb", "polars": "polars", "clickhouse": "chdb"}
FIRST_DIFFERENCES = 10
OURS = "logverdict"


def variants(engine: str) -> dict[str, str]:
    """The forms of an engine's query, each with its group."""
    return importlib.import_module(f"engines.{engine}_engine").VARIANTS


def in_child(args) -> None:
    """The child's side: one engine, one variant; prints its counts and what the query took."""
    engine = importlib.import_module(f"engines.{args.child}_engine")
    importlib.import_module(ENGINES[args.child])
    rules = R.load(args.patterns)
    begin, cpu_begin = time.perf_counter(), time.process_time()  # the latter of all threads
    counts = engine.run(str(args.file), rules, args.threads, args.distinct, args.variant)
    json.dump({"query": time.perf_counter() - begin, "cpu": time.process_time() - cpu_begin, "counts": counts}, sys.stdout)


def run_engine(name: str, variant: str, args) -> dict:
    command = [sys.executable, __file__, str(args.file), "--patterns", str(args.patterns), "--threads", str(args.threads),
               "--child", name, "--variant", variant] + (["--distinct"] if args.distinct else [])
    run = measured(command) | {"name": f"{name} {variant}", "group": variants(name)[variant]}
    if reason := failure(run):
        return run | {"failed": reason}
    answer = json.loads(run["out"])
    return run | {"time": answer["query"], "cpu": answer["cpu"], "counts": answer["counts"]}


def run_logverdict(args) -> dict:
    command = [str(args.binary), "scan", str(args.file), "--format", "json", "-q", "--threads", str(args.threads), *args.binary_args.split()]
    run = measured(command) | {"name": OURS, "group": OURS}
    if reason := failure(run):
        return run | {"failed": reason}
    return run | {"time": run["wall"], "counts": pattern_counts(json.loads(run["out"])["patterns"])}


def run_compare(args) -> dict:
    """The whole comparison, split at a time: patterns, templates, statistics, verdict, report. Its counts are per side, so not checked."""
    command = [str(args.binary), "compare", str(args.file), "--deployed-at", args.deployed_at, "--format", "json", "-q", "--threads", str(args.threads)]
    run = measured(command) | {"name": f"{OURS} compare", "group": OURS}
    if not run["out"].lstrip().startswith(b"{"):  # a verdict has an exit code of its own
        return run | {"failed": failure(run) or "no report"}
    return run | {"time": run["wall"], "counts": None}


def pattern_counts(listed: list[dict]) -> dict:
    """Counts of the patterns that were seen. An id without a pack, such as `unmatched-errors`, is not a pattern."""
    seen = [entry for entry in listed if "/" in entry["id"] and entry["count"]]
    return {entry["id"]: dict(sorted((k, v) for k, v in entry["by_revision"].items() if v)) for entry in sorted(seen, key=lambda e: e["id"])}


def best_runs(args) -> list[dict]:
    """The fastest run of every engine and variant; rounds alternate between them, so that drift of the machine hits all."""
    plan = [(name, variant) for name in args.engines for variant in variants(name)]
    best: dict = {}
    for _ in range(args.runs):
        runs = [run_logverdict(args)] if args.binary else []
        runs += [run_compare(args)] if args.binary and args.deployed_at else []
        runs += [run_engine(name, variant, args) for name, variant in plan]
        for run in runs:
            if "failed" in run:
                best.setdefault(run["name"], run)
            elif run["time"] < best.get(run["name"], {}).get("time", float("inf")):
                best[run["name"]] = run
    return list(best.values())


def report(runs: list[dict], args) -> int:
    good = sorted((run for run in runs if "failed" not in run), key=lambda run: run["time"])
    mb = args.file.stat().st_size / 1e6
    lines = measured(["wc", "-l", str(args.file)]) | {"name": "wc -l (lines only)"}
    lines["time"] = lines["wall"]
    print(f"\n{args.file.name}: {mb:.0f} MB, {len(R.load(args.patterns))} patterns, {args.threads} threads, best of {args.runs}"
          + (", distinct entries" if args.distinct else ""))
    print(f"| {'form':10} | {'engine':30} | {'seconds':>8} | {'MB/s':>6} | {'wall s':>7} | {'CPU s':>7} | {'peak MB':>8} | {'to fastest of form':>18} |")
    print("|" + "|".join("-" * n for n in (12, 32, 10, 8, 9, 9, 10, 20)) + "|")
    ours = [run for run in good if run["group"] == OURS]
    groups = {group: [run for run in good if run["group"] == group] for group in (R.PLAIN, R.TUNED)}
    for run in ours:
        row("", run, mb, "")
    for group, members in groups.items():
        for run in members:
            row(group, run, mb, f"{run['time'] / members[0]['time']:.2f}")
    row("", lines, mb, "")
    for run in ours:
        ratios(run, groups, lines, mb, args.threads)
    return check(good, [run for run in runs if "failed" in run])


def row(group: str, run: dict, mb: float, ratio: str) -> None:
    print(f"| {group:10} | {run['name']:30} | {run['time']:8.2f} | {mb / run['time']:6.0f} | {run['wall']:7.2f} | {run['cpu']:7.2f} | {run['rss']:8.0f} | {ratio:>18} |")


def ratios(ours: dict, groups: dict, lines: dict, mb: float, threads: int) -> None:
    """logverdict against the fastest of each form, against counting lines, and against the speed that one core should manage."""
    print(f"\n{ours['name']}: time as a multiple of (below 1: logverdict is faster; CPU seconds in brackets):")
    against = [(f"the fastest {group} form, {members[0]['name']}", members[0]) for group, members in groups.items() if members]
    for name, run in against + [("wc -l", lines)]:
        print(f"  {name}: {ours['time'] / run['time']:.2f} (CPU {ours['cpu'] / max(run['cpu'], 1e-3):.2f})")
    by_wall, by_cpu = (mb / max(seconds, 1e-3) for seconds in (ours["time"] * threads, ours["cpu"]))
    print(f"logverdict reads {by_wall:.0f} MB/s for each of {threads} threads, {by_cpu:.0f} MB for each CPU second: "
          f"{by_wall / CORE_MB_PER_SECOND:.2f} and {by_cpu / CORE_MB_PER_SECOND:.2f} of 1.1 GB/s a core")


def differences(one: dict, other: dict) -> list[str]:
    a = {(i, r): n for i, revs in one.items() for r, n in revs.items()}
    b = {(i, r): n for i, revs in other.items() for r, n in revs.items()}
    return [f"{i} {r or '(no revision)'}: {a.get((i, r), 0)} != {b.get((i, r), 0)}" for i, r in sorted(a.keys() | b.keys()) if a.get((i, r), 0) != b.get((i, r), 0)]


def check(good: list[dict], failed: list[dict]) -> int:
    """Says whether all counts agree with the first engine's; 1 when any differs or failed, or none was run."""
    for run in failed:
        print(f"FAILED {run['name']}: {run['failed'][:300]}")
    good = [run for run in good if run["counts"] is not None]
    wrong = 0
    for run in good[1:]:
        found = differences(good[0]["counts"], run["counts"])
        if found:
            wrong += 1
            print(f"DIFFERENT {good[0]['name']} and {run['name']}: {len(found)} counts")
            print("\n".join(f"  {line}" for line in found[:FIRST_DIFFERENCES]))
    if good and not wrong:
        total = sum(n for revs in good[0]["counts"].values() for n in revs.values())
        print(f"all {len(good)} agree: {len(good[0]['counts'])} patterns seen, {total} matches")
    return 1 if wrong or failed or not good else 0


def importable(name: str) -> bool:
    return importlib.util.find_spec(ENGINES[name]) is not None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="NDJSON file to count in")
    parser.add_argument("--binary", type=Path, help="logverdict; without it only the engines run")
    parser.add_argument("--binary-args", default="", help="further arguments of `logverdict scan`")
    parser.add_argument("--deployed-at", metavar="TIME", help="also run `logverdict compare`, the file split at this time")
    parser.add_argument("--patterns", type=Path, default=HERE.parent / "patterns", help="the packs that the binary was built with")
    parser.add_argument("--engines", type=lambda text: text.split(","), default=list(ENGINES), help="of " + ", ".join(ENGINES))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--distinct", action="store_true", help="ask every engine to drop entries met before (log name, timestamp, insertId)")
    parser.add_argument("--memory", type=Path, nargs="+", metavar="FILE", help="instead: scan these files at once; prints wall time and peak memory")
    parser.add_argument("--copies", type=int, default=1, help="with --memory: give each file so often, under different names")
    parser.add_argument("--array", action="store_true", help="with --memory: scan the first (NDJSON) file as one JSON array as well")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--variant", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.memory and not args.binary:
        parser.error("--memory needs --binary")
    if not args.memory and not args.file:
        parser.error("a file, or --memory FILE..., is needed")
    if unknown := set(args.engines) - set(ENGINES) - {""}:
        parser.error(f"unknown engine: {', '.join(sorted(unknown))}")
    return args


def main() -> int:
    args = arguments()
    if args.child:
        in_child(args)
        return 0
    for file in args.memory or [args.file]:
        subprocess.run(["wc", "-l", str(file)], stdout=subprocess.DEVNULL, check=True)  # warms the page cache
    if args.memory:
        return memory.report(args.binary, args.memory, args.copies, args.array, args.threads, args.binary_args.split())
    args.engines = [name for name in args.engines if name and importable(name)]
    return report(best_runs(args), args)


if __name__ == "__main__":
    sys.exit(main())
