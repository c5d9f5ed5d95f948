#!/usr/bin/env python3
"""Measures a replayed 24 h watch: its cost beside one pass over the same logs, its memory and its state; and kills it.

  cargo build --release --bin logverdict --example gen_logs
  python3 benches/watch.py cost /tmp/watch                    # makes 6 million entries (5.7 GB) in the folder if they are not there
  python3 benches/watch.py cost /tmp/watch --requests-per-minute 100 --rounds 1
  python3 benches/watch.py kill /tmp/watch-small --kills 200 --longest 0.5 --requests-per-minute 4

`cost` runs `compare` (one pass), the watch, and the watch with a state, in turns, and prints the medians and their ratios: the machine is
noisy, so only runs of one round are set against each other. `kill` ends the watch with SIGKILL at random moments until it has been killed so
often, each time starting it again with the same state, then compares report and state with those of an undisturbed watch, byte for byte.
What differs is printed. A watch that ends before it is killed begins anew with an empty state.
"""
import argparse
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from measure import failure, measured  # noqa: E402

RELEASE = HERE.parent / "target" / "release"
PROGRAM = str(RELEASE / "logverdict")
DEPLOYED = "2026-03-03T10:00:00Z"
DAY = 1440
# Goals: times one pass, MB of memory, MB of state.
RATIO_MAX, MEMORY_MB_MAX, STATE_MB_MAX = 3.0, 150, 20


def logs(folder: Path, per_minute: float) -> list[str]:
    """A day before the deploy and a day after it, each with its revision; made once."""
    folder.mkdir(parents=True, exist_ok=True)
    days = [("before", "2026-03-02T10:00:00Z", "chat-api-00041-kop", 1), ("after", DEPLOYED, "chat-api-00042-wil", 2)]
    paths = []
    for name, start, revision, seed in days:
        path = folder / f"{name}-{per_minute:g}.ndjson"
        if not path.exists():
            part = path.with_suffix(".part")
            command = [RELEASE / "examples" / "gen_logs", "--seed", str(seed), "--start", start, "--minutes", str(DAY), "--revision", revision,
                       "--requests-per-minute", str(per_minute), "--diurnal", "0.5", "--out", part]
            subprocess.run(command, check=True)
            part.rename(path)
        paths.append(str(path))
    return paths


def watch(files: list[str], state: Path | None = None) -> list[str]:
    kept = ["--state", str(state)] if state else []
    return [PROGRAM, "monitor", "--from-files", *files, "--deployed-at", DEPLOYED, "--stop-on", "never", "--format", "json", "-q", *kept]


def fresh(state: Path) -> Path:
    for path in (state, Path(f"{state}-journal")):
        path.unlink(missing_ok=True)
    return state


def cost(args) -> int:
    files = logs(args.folder, args.requests_per_minute)
    state = args.folder / "cost.state"
    rows: dict[str, list[dict]] = {"one pass (compare)": [], "watch": [], "watch with a state": []}
    for _ in range(args.rounds):
        commands = [[PROGRAM, "compare", *files, "--format", "json", "-q"], watch(files), watch(files, fresh(state))]
        for name, command in zip(rows, commands):
            run = measured(command)
            if run["code"] not in (0, 10, 20):
                print(f"{name} failed: {failure(run)}")
                return 1
            rows[name].append(run)
    middle = {name: {k: statistics.median(r[k] for r in runs) for k in ("wall", "cpu", "rss")} for name, runs in rows.items()}
    print("| run | seconds | times one pass | CPU s | peak MB |\n|---|---|---|---|---|")
    for name, row in middle.items():
        ratio = statistics.median(r["wall"] / one["wall"] for r, one in zip(rows[name], rows["one pass (compare)"]))
        row["ratio"] = ratio
        print(f"| {name} | {row['wall']:.1f} | {ratio:.2f} | {row['cpu']:.1f} | {row['rss']:.0f} |")
    size = state.stat().st_size / 1e6
    kept = middle["watch with a state"]
    print(f"state: {size:.1f} MB (goal {STATE_MB_MAX}); goals: {RATIO_MAX} times one pass, {MEMORY_MB_MAX} MB")
    return 0 if kept["ratio"] < RATIO_MAX and kept["rss"] < MEMORY_MB_MAX and size < STATE_MB_MAX else 1


def dump(state: Path) -> list[str]:
    """All that a state holds."""
    with sqlite3.connect(state) as connection:
        return list(connection.iterdump())


def first_difference(a: bytes, b: bytes) -> str:
    """Where two outputs part, with some of either."""
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    around = slice(max(at - 80, 0), at + 60)
    return f"byte {at} of {len(a)} and {len(b)}: {a[around]!r} instead of {b[around]!r}"


def differences(run: dict, undisturbed: dict, killed: Path, whole: Path) -> list[str]:
    """What a killed watch left otherwise than the undisturbed one: exit code, report, rows of the state."""
    found = []
    if run["code"] != undisturbed["code"]:
        found.append(f"exit code {run['code']} instead of {undisturbed['code']}: {run['err'].strip()}")
    if run["out"] != undisturbed["out"]:
        found.append(f"report, {first_difference(run['out'], undisturbed['out'])}")
    ours, theirs = dump(killed), dump(whole)
    found += [f"state, line {i}: {a[:200]} instead of {b[:200]}" for i, (a, b) in enumerate(zip(ours, theirs)) if a != b][:3]
    if len(ours) != len(theirs):
        found.append(f"state, {len(ours)} lines instead of {len(theirs)}")
    return found


def kill(args) -> int:
    files = logs(args.folder, args.requests_per_minute)
    whole, killed = args.folder / "whole.state", args.folder / "killed.state"
    begin = time.perf_counter()
    undisturbed = measured(watch(files, fresh(whole)))
    took = time.perf_counter() - begin
    dice, kills, rounds, in_vain, wrong = random.Random(args.seed), 0, 0, 0, 0
    fresh(killed)
    while kills < args.kills or in_vain:
        after = dice.uniform(0, args.longest * took) if kills < args.kills else None
        run = measured(watch(files, killed), after)
        if run["code"] == -signal.SIGKILL:
            kills, in_vain = kills + 1, in_vain + 1
            continue
        rounds += 1
        # Numbers that SQLite hands out differ where notices were kept; there are none here.
        differs = differences(run, undisturbed, killed, whole)
        for line in differs:
            print(f"watch {rounds}, killed {in_vain} times: {line}", flush=True)
        if differs and args.keep:
            killed.rename(args.folder / f"differs-{rounds}.state")
        wrong += bool(differs)
        in_vain = 0
        fresh(killed)
    print(f"{kills} kills in {rounds} watches of {took:.1f} s: {rounds - wrong} ended with the same report and state, {wrong} did not")
    return 1 if wrong or not rounds else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "kill"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests-per-minute", type=float, default=1100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--longest", type=float, default=1.2, help="kill after at most so many times the undisturbed watch's time")
    parser.add_argument("--keep", action="store_true", help="keep states that differ")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    return cost(args) if args.what == "cost" else kill(args)


if __name__ == "__main__":
    sys.exit(main())
