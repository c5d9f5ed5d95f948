#!/usr/bin/env python3
"""Judges simulated deploys and says how often the verdict is right, beside the reference implementation.

  judge_simulated.py make TOOLS OUT --seed 7 --same 2000 --harmed 1000 [--trouble NAME]
  judge_simulated.py watch TOOLS OUT --seed 7 --same 160 --harmed 160 [--trouble NAME]
  judge_simulated.py score OUT...

TOOLS holds the simulator and the reference: gen.py, make_sets.py, engine.py (numpy, scipy). `make` writes pairs of windows of an
hour, `watch` whole days; each with the truth and the reference's verdict. `score` runs the example `judge_cases` (build it
before: cargo build --release --example judge_cases) and prints false ROLL BACKs, PROCEEDs by traffic, what became of serious
harm, and for watches the median minute of detection. Troubles: storms of 20 to 40 minutes (`long-storms`), five times as many
(`many-storms`), error rates that cycle 2.7-fold over the day (`cycle`: windows of 180 minutes; a watch against one hour).
"""
import argparse
import collections
import functools
import gzip
import json
import math
import multiprocessing
import os
import statistics
import subprocess
import sys

TROUBLES = {
    "none": {},
    "long-storms": {"storm_minutes": (20, 41)},
    "many-storms": {"storm_scale": 5.0},
    "cycle": {"diurnal_err": 0.5},
}
WATCHED = [
    {"type": "new", "p": 3e-3},
    {"type": "5xx", "ratio": 5},
    {"type": "latency", "ms": 100},
    {"type": "new", "p": 3e-3, "onset": 480},
]
BANDS = ["below 50", "50-200", "200-1,000", "above 1,000"]


def hours(args, numpy, make_sets):
    """Pairs of windows of an hour: the mix of set-ups, profiles and effects of make_sets.py."""
    rng, effects = numpy.random.default_rng(args.seed), list(make_sets.AB.values())
    for i in range(args.same + args.harmed):
        harmed = i >= args.same
        n = i - args.same if harmed else i
        # Effects and set-ups go round in different rhythms, so that each meets each.
        mode, extra = make_sets.SETUPS[(0, 0, 0, 0, 1, 1, 1, 2, 3, 1)[(n // len(effects) + n if harmed else n) % 10]]
        profile = str(rng.choice(["poisson", "mixed", "bursty"], p=[0.15, 0.6, 0.25]))
        case = {"seed": args.seed * 1_000_000 + i, "profile": profile, "mode": mode, **extra, **TROUBLES[args.trouble]}
        if args.trouble == "cycle" and "days" not in extra:
            case.update(n_base=180, n_cand=180)
        if harmed:
            case["effect"] = effects[n % len(effects)]
        yield f"{'ab' if harmed else 'aa'}{i:05d}", case


def days(args, numpy, _):
    """Watches of a day; effects meet both set-ups."""
    rng = numpy.random.default_rng(args.seed)
    for i in range(args.same + args.harmed):
        harmed = i >= args.same
        mode = "before_after" if args.trouble == "cycle" else ("concurrent", "before_after")[i % 2]
        rpm = math.exp(rng.uniform(math.log(20), math.log(300)))
        case = {"seed": args.seed * 1_000_000 + i, "profile": ("mixed", "bursty")[i // 2 % 2], "mode": mode, "rpm": rpm, "K": 50}
        case.update(n_base=60 if args.trouble == "cycle" else 1440, n_cand=1440, **TROUBLES[args.trouble])
        if harmed:
            case["effect"] = WATCHED[i // 2 % len(WATCHED)]
        yield f"sq{i:05d}", case


def simulate(job, is_watch):
    import engine
    import gen
    import make_sets

    name, arguments = job
    case = gen.make_case(cid=name, **arguments)
    portable = gen.case_to_json(case)
    del portable["truth"]
    facts = make_sets.facts(case, "AB" if arguments.get("effect") else "AA", arguments["mode"])
    judged = engine.sequential(case) if is_watch else engine.fixed(case)
    reference = {"verdict": judged["verdict"], "minute": judged.get("minute")}
    return json.dumps(portable, separators=(",", ":")), name, facts, reference


def make(args, plan, is_watch):
    sys.path.insert(0, args.tools)
    import make_sets
    import numpy

    os.makedirs(args.out, exist_ok=True)
    truth, reference = {}, {}
    with multiprocessing.Pool() as pool, gzip.open(os.path.join(args.out, "cases.ndjson.gz"), "wt") as f:
        run = functools.partial(simulate, is_watch=is_watch)
        for line, name, facts, judged in pool.imap(run, plan(args, numpy, make_sets), chunksize=8):
            f.write(line + "\n")
            truth[name], reference[name] = facts, judged
    for name, value in (("truth", truth), ("reference", reference)):
        with gzip.open(os.path.join(args.out, f"{name}.json.gz"), "wt") as f:
            json.dump(value, f)


def load(folder, name):
    with gzip.open(os.path.join(folder, f"{name}.json.gz"), "rt") as f:
        return json.load(f)


def judged(folder):
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    target = os.environ.get("CARGO_TARGET_DIR", os.path.join(root, "target"))
    binary = os.path.join(target, "release", "examples", "judge_cases")
    files = [os.path.join(folder, f) for f in sorted(os.listdir(folder)) if f.startswith("cases")]
    out = subprocess.run([binary, *files], check=True, capture_output=True, text=True).stdout
    return {case["id"]: case for case in map(json.loads, out.splitlines())}


def share(verdicts, names, verdict):
    return f"{100 * sum(verdicts[n]['verdict'] == verdict for n in names) / max(len(names), 1):5.1f} %"


def score(folder):
    truth, reference, ours = load(folder, "truth"), load(folder, "reference"), judged(folder)
    print(f"{folder}: {len(truth)} cases (ours, then the reference in brackets)")
    groups = collections.defaultdict(list)
    for name, t in truth.items():
        setup = "both at once" if t["setup"].startswith("concurrent") else "one after the other"
        if t["kind"] == "AA":
            groups["identical sides: ROLL BACK", setup].append(name)
        elif t["serious"] and not name.startswith("sq"):
            groups["serious harm: ROLL BACK", ""].append(name)
        elif name.startswith("sq"):
            groups[f"watch, {json.dumps(t['effect'])}: found", setup].append(name)
    for (what, setup), names in sorted(groups.items()):
        line = f"  {what} {setup} ({len(names)}): {share(ours, names, 'ROLLBACK')} [{share(reference, names, 'ROLLBACK')}]"
        if what.startswith("watch"):
            minute = lambda v, n: v[n]["minute"] if v[n]["verdict"] == "ROLLBACK" else math.inf
            medians = [statistics.median_high(minute(v, n) for n in names) for v in (ours, reference)]
            line += f", median minute {medians[0]} [{medians[1]}]"
        print(line)
    serious = [n for n in truth if truth[n]["serious"] and ours[n]["verdict"] == "PROCEED"]
    print(f"  serious harm that got PROCEED: {len(serious)} {serious[:5]}")
    same = [n for n in truth if truth[n]["kind"] == "AA"]
    for band, name in enumerate(BANDS):
        low, high = (0, 50, 200, 1000, math.inf)[band : band + 2]
        names = [n for n in same if low <= truth[n]["rpm"] < high]
        if names:
            kind = "[the reference has none]" if names[0].startswith("sq") else f"[{share(reference, names, 'PROCEED')}]"
            print(f"  identical sides, {name} requests/min ({len(names)}): PROCEED {share(ours, names, 'PROCEED')} {kind}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("make", "watch"):
        command = commands.add_parser(name)
        command.add_argument("tools")
        command.add_argument("out")
        command.add_argument("--seed", type=int, default=1)
        command.add_argument("--same", type=int, default=200)
        command.add_argument("--harmed", type=int, default=200)
        command.add_argument("--trouble", choices=TROUBLES, default="none")
    commands.add_parser("score").add_argument("out", nargs="+")
    args = parser.parse_args()
    if args.command == "score":
        for folder in args.out:
            score(folder)
    else:
        make(args, hours if args.command == "make" else days, args.command == "watch")


if __name__ == "__main__":
    main()
