#!/usr/bin/env python3
"""Measures how well `logverdict patterns group` finds the templates of labelled logs.

loghub.py DIR [--binary target/release/logverdict] [--shuffles N] [--split N] [--wrong]

DIR holds files *_structured.csv of Loghub (columns Content and EventId). Only the contents are given to the program, one message
a line, and one configuration serves all. Prints for each set and on average:

  GA   grouping accuracy (Zhu et al. 2019): share of the lines whose group holds exactly the lines of their true group
  FGA  its F1 over groups (Jiang et al. 2024): 2PR / (P + R), P = exactly right groups / found groups, R = the same / true groups

--shuffles N gives every set N more times in another order: exit code 1 when a line's group changes. --split N makes log
entries of the messages, a profile of each Nth of them, and merges these: exit code 1 when the templates are not those of all entries at
once. --wrong lists the wrong groups.
Standard library only.
"""
import argparse
import collections
import csv
import json
import pathlib
import random
import subprocess
import sys
import tempfile


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [" ".join(row["Content"].splitlines()) for row in rows], [row["EventId"] for row in rows]


def templates(binary, messages):
    text = "".join(message + "\n" for message in messages)
    command = [binary, "patterns", "group", "-", "--text"]
    done = subprocess.run(command, input=text, capture_output=True, encoding="utf-8", check=True)
    found = done.stdout.split("\n")[:-1]
    assert len(found) == len(messages), f"{len(found)} lines of output for {len(messages)} messages"
    return found


def groups(labels):
    lines = collections.defaultdict(list)
    for line, label in enumerate(labels):
        lines[label].append(line)
    return {label: tuple(members) for label, members in lines.items()}


def score(found, truth):
    found, truth = set(groups(found).values()), set(groups(truth).values())
    right = found & truth
    precision, recall = len(right) / len(found), len(right) / len(truth)
    fga = 2 * precision * recall / (precision + recall) if right else 0.0
    lines = sum(len(members) for members in truth)
    return sum(map(len, right)) / lines, fga, len(found), len(truth)


def print_wrong(found, truth):
    true = groups(truth)
    for label, members in sorted(groups(found).items(), key=lambda group: -len(group[1])):
        events = collections.Counter(truth[line] for line in members)
        if len(events) > 1 or true[truth[members[0]]] != members:
            events = ", ".join(f"{n} of {len(true[event])} {event}" for event, n in events.most_common())
            print(f"    {label[:140]}  [{events}]")


def shuffled_alike(binary, name, messages, found, times):
    alike = True
    for seed in range(times):
        order = list(range(len(messages)))
        random.Random(seed).shuffle(order)
        again = templates(binary, [messages[line] for line in order])
        changed = sum(found[line] != label for line, label in zip(order, again))
        if changed:
            print(f"{name}: shuffle {seed} changes the group of {changed} lines")
            alike = False
    return alike


def entry(number, message):
    labels = {"project_id": "p", "location": "l", "service_name": "s", "revision_name": "s-00001-abc"}
    time = f"2026-01-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"
    return json.dumps({"insertId": f"i{number:06}", "timestamp": time, "severity": "ERROR", "textPayload": message,
                       "resource": {"type": "cloud_run_revision", "labels": labels}})


def split_alike(binary, name, messages, parts):
    def run(*arguments):
        return subprocess.run([binary, *map(str, arguments), "-q"], capture_output=True, check=True).stdout

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        entries = [entry(number, message) for number, message in enumerate(messages)]
        (folder / "all.ndjson").write_text("\n".join(entries))
        profiles = []
        for part in range(parts):
            source = folder / f"{part}.ndjson"
            source.write_text("\n".join(entries[part::parts]))
            profiles.append(folder / f"{part}.profile")
            run("profile", "make", source, "-o", profiles[-1])
        run("profile", "merge", *reversed(profiles), "-o", folder / "all.profile")
        whole = json.loads(run("scan", folder / "all.ndjson", "--format", "json"))["templates"]
        merged = json.loads(run("profile", "show", folder / "all.profile", "--format", "json"))["templates"]
    if whole != merged or not whole:
        print(f"{name}: {parts} parts give other templates than the whole ({len(merged)}, {len(whole)})")
    return whole == merged and bool(whole)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("dir", type=pathlib.Path)
    arguments.add_argument("--binary", default="target/release/logverdict")
    arguments.add_argument("--shuffles", type=int, default=0, metavar="N")
    arguments.add_argument("--split", type=int, default=0, metavar="N")
    arguments.add_argument("--wrong", action="store_true")
    asked = arguments.parse_args()
    paths = sorted(asked.dir.glob("*_structured.csv"))
    if not paths:
        sys.exit(f"no *_structured.csv in {asked.dir}")
    print(f"{'set':12} {'GA':>6} {'FGA':>6} {'groups':>7} {'true':>5}")
    scores, alike = [], True
    for path in paths:
        name = path.name.split("_")[0]
        messages, truth = read(path)
        found = templates(asked.binary, messages)
        ga, fga, count, true = score(found, truth)
        scores.append((ga, fga))
        print(f"{name:12} {ga:6.3f} {fga:6.3f} {count:7} {true:5}")
        if asked.wrong:
            print_wrong(found, truth)
        alike &= shuffled_alike(asked.binary, name, messages, found, asked.shuffles)
        if asked.split:
            alike &= split_alike(asked.binary, name, messages, asked.split)
    ga, fga = (sum(column) / len(scores) for column in zip(*scores))
    print(f"{'average':12} {ga:6.3f} {fga:6.3f}")
    if asked.shuffles or asked.split:
        print(f"{asked.shuffles} shuffles of each set, {asked.split} parts merged: {'identical' if alike else 'DIFFERENT'} groups")
    return 0 if alike else 1


if __name__ == "__main__":
    sys.exit(main())
