"""Wall time and peak memory of `logverdict scan` on many files at once, on one of them, and on it as one JSON array.

Input: a binary and files. Output: a printed table. It judges nothing but whether the runs succeeded.
"""
import json
import os
import tempfile
from pathlib import Path

from measure import failure, measured

HEAD = ("input", "files", "MB", "seconds", "MB/s", "CPU s", "peak MB", "entries")


def report(binary: Path, files: list[Path], copies: int, array: bool, threads: int, binary_args: list[str]) -> int:
    """Prints one line an input; 1 when a run failed. `copies`: each file is given so often, under different names."""
    with tempfile.TemporaryDirectory(dir=files[0].resolve().parent) as folder:
        together = linked(files, copies, Path(folder))
        plan = [("all at once", together)]
        if len(together) > 1:
            plan.append(("the first alone", files[:1]))
        if array:
            plan.append(("the first as JSON array", [as_array(files[0], Path(folder) / "array.json")]))
        print("| {:24} | {:>5} | {:>7} | {:>8} | {:>6} | {:>7} | {:>8} | {:>9} |".format(*HEAD))
        print("|" + "|".join("-" * n for n in (26, 7, 9, 10, 8, 9, 10, 11)) + "|")
        failures = 0
        for name, inputs in plan:
            command = [str(binary), "scan", *map(str, inputs), "--format", "json", "-q", "--threads", str(threads), *binary_args]
            failures += line(name, inputs, measured(command))
    return 1 if failures else 0


def linked(files: list[Path], copies: int, folder: Path) -> list[Path]:
    """Each file `copies` times, as links: nothing is written, and the page cache holds the bytes once."""
    if copies == 1:
        return files
    links = []
    for number in range(copies):
        for place, file in enumerate(files):
            links.append(folder / f"{place}-{number}-{file.name}")
            os.link(file.resolve(), links[-1])
    return links


def as_array(file: Path, target: Path) -> Path:
    """An NDJSON file's lines as the elements of one JSON array, as `gcloud logging read --format=json` prints them."""
    with file.open("rb") as lines, target.open("wb") as out:
        before = b"[\n"
        for text in lines:
            if text.strip():
                out.write(before + text.rstrip(b"\r\n"))
                before = b",\n"
        out.write(b"\n]\n")
    return target


def line(name: str, inputs: list[Path], run: dict) -> bool:
    """Prints one run; whether it failed."""
    if reason := failure(run):
        print(f"FAILED {name}: {reason[:300]}")
        return True
    mb = sum(path.stat().st_size for path in inputs) / 1e6
    entries = json.loads(run["out"])["coverage"]["counted"]
    print(f"| {name:24} | {len(inputs):5} | {mb:7.0f} | {run['wall']:8.2f} | {mb / run['wall']:6.0f} | {run['cpu']:7.2f} | {run['rss']:8.0f} | {entries:9} |")
    return False
