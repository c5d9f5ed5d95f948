#!/usr/bin/env python3
"""Measures reading from the API against a fake of Cloud Logging on this machine: entries a second, requests, memory.

  cargo build --release --bin logverdict --example fake_logging
  python benches/live.py --entries 100000
  python benches/live.py --entries 1000000 --fetch /tmp/entries.ndjson.zst
  python benches/live.py --entries 100000 --fetch /tmp/entries.ndjson --kills 20

It runs the program as a user does, `scan` or `fetch` with `--endpoint`, and the times are those of the whole process. The fake makes its
pages in advance, so a first run is not measured. With --kills, the fetch is killed at random moments and
started again, and the file must be byte for byte that of a fetch in one go.
"""
import argparse
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from measure import failure, measured  # noqa: E402

RELEASE = HERE.parent / "target" / "release"
SILENT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
END = "2026-03-01T12:00:00Z"
# Goals: entries a second with 100,000 entries, MB with a million, requests beyond the pages.
SPEED_MIN = 50_000
MEMORY_MB_MAX = 100
SPARE_REQUESTS_MAX = 16


class Fake:
    """The server as a process; ends with the block."""

    def __init__(self, entries: int, hours: int):
        self.process = subprocess.Popen([RELEASE / "examples" / "fake_logging", str(entries), str(hours)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()
        self.token = tempfile.NamedTemporaryFile("w", suffix=".token")
        self.token.write("of-no-worth")
        self.token.flush()
        self.start = f"2026-03-01T{12 - hours:02}:00:00Z"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def reader(self, file: Path | None = None) -> list[str]:
        """The program with its arguments: it counts, or fetches into a file."""
        what = ["fetch", "-o", str(file)] if file else ["scan", "--format", "json"]
        window = ["--project", "acme-shop", "--service", "chat-api", "--since", self.start, "--until", END]
        access = ["--endpoint", self.url, "--access-token-file", self.token.name, "--requests-per-minute", "100000", "-v"]
        return [str(RELEASE / "logverdict"), *what, *window, *access]


def clear(file: Path) -> None:
    for path in (file, Path(f"{file}.manifest.json")):
        path.unlink(missing_ok=True)
    shutil.rmtree(f"{file}.partial", ignore_errors=True)


def run(command: list[str]) -> dict:
    result = measured(command)
    if message := failure(result):
        sys.exit(f"failed: {message}")
    told = result["err"]
    entries = int(re.search(r"(?:saved|bytes,) (\d+) entries", told)[1])
    requests = int(re.search(r"asked: (\d+) requests", told)[1])
    speed = entries / result["wall"]
    print(f"{command[1]}: {entries} entries in {result['wall']:.2f} s: {speed:.0f} entries/s, {requests} requests, "
          f"{result['cpu']:.2f} s CPU, {result['rss']:.0f} MB")
    return {"entries": entries, "speed": speed, "requests": requests, "rss": result["rss"]}


def check(result: dict, entries: int) -> list[str]:
    wrong = []
    if result["entries"] != entries:
        wrong.append(f"{result['entries']} of {entries} entries")
    if result["requests"] > -(-entries // 1000) + SPARE_REQUESTS_MAX:
        wrong.append(f"{result['requests']} requests")
    if entries >= 100_000 and result["speed"] < SPEED_MIN:
        wrong.append(f"{result['speed']:.0f} entries/s")
    if result["rss"] > MEMORY_MB_MAX:
        wrong.append(f"{result['rss']:.0f} MB")
    return wrong


def killed(fake: Fake, file: Path, kills: int) -> list[str]:
    """Kills fetches of the same file until one gets through; the last one is not killed."""
    clear(file)
    begun = time.perf_counter()
    subprocess.run(fake.reader(file), check=True, **SILENT)
    whole, seconds = file.read_bytes(), time.perf_counter() - begun
    clear(file)
    done = 0
    for _ in range(kills):
        child = subprocess.Popen(fake.reader(file), **SILENT)
        try:
            child.wait(timeout=random.uniform(0, seconds))
            clear(file)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            done += 1
            if file.exists() and file.read_bytes() != whole:
                return ["a killed fetch left a file that is not whole"]
    subprocess.run(fake.reader(file), check=True, **SILENT)
    same = file.read_bytes() == whole
    clear(file)
    print(f"{done} of {kills} fetches were killed")
    return [] if same else ["the bytes differ after kills"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--hours", type=int, default=1)
    parser.add_argument("--fetch", type=Path, help="also fetch into this file, which is removed")
    parser.add_argument("--kills", type=int, default=0, help="kill the fetch so often")
    given = parser.parse_args()
    with Fake(given.entries, given.hours) as fake:
        subprocess.run(fake.reader(), check=True, **SILENT)
        wrong = check(run(fake.reader()), given.entries)
        if given.fetch:
            clear(given.fetch)
            wrong += check(run(fake.reader(given.fetch)), given.entries)
            clear(given.fetch)
            if given.kills:
                wrong += killed(fake, given.fetch, given.kills)
    if wrong:
        sys.exit("not good enough: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
