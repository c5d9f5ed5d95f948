"""The shipped patterns and the reading rules, as every engine must apply them.

Input: a folder of pattern packs (TOML). Output: `Rule` values and the names shared by all engines.
It must not know any engine: what one engine can do better belongs into that engine's module.

Left out, in favour of the engines, because the generated file holds none of it: names in snake_case, `message` at the top
level, `error.stack`, a status written as a string, request entries without a log name, and the level that a text without a
severity begins with.
"""
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

# How a variant is written: as a user would, or with what only a reader of the engine's source would think of.
PLAIN, TUNED = "plain", "hand-tuned"

# The text of an entry: `textPayload` if present; else the first of these fields of `jsonPayload` that is not empty; else
# `protoPayload.status.message`, `protoPayload.methodName`. Of an entry's three payloads only one is ever present.
# The fields in ERROR_FIELDS hold the text itself, or an object with one of ERROR_TEXTS.
MESSAGE_FIELDS = ("message", "msg", "textPayload", "text", "error", "err", "exception", "stack_trace", "stack", "traceback", "event")
ERROR_FIELDS = ("error", "err")
ERROR_TEXTS = ("message", "msg")

LOG_IDS = {
    "requests": "run.googleapis.com%2Frequests",
    "stdout": "run.googleapis.com%2Fstdout",
    "stderr": "run.googleapis.com%2Fstderr",
    "system": "run.googleapis.com%2Fvarlog%2Fsystem",
    "activity": "cloudaudit.googleapis.com%2Factivity",
    "system-event": "cloudaudit.googleapis.com%2Fsystem_event",
}
KNOWN_LOGS = tuple(LOG_IDS.values())
OTHER_LOG = "other"
SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


@dataclass(frozen=True)
class Rule:
    """One pattern. `logs` empty and `other_log` false: any log. `statuses` is a list of (low, high) ranges, both included."""

    id: str
    regex: str | None
    logs: tuple[str, ...]
    other_log: bool  # also any log that is not one of KNOWN_LOGS
    min_severity: int
    statuses: tuple[tuple[int, int], ...]

    @property
    def any_log(self) -> bool:
        return not self.logs and not self.other_log

    @property
    def excluded_logs(self) -> tuple[str, ...]:
        """For a rule with `other_log`: the known logs that it does not name."""
        return tuple(log for log in KNOWN_LOGS if log not in self.logs)

    def literal(self) -> str | None:
        """The regex as plain text, when it is nothing but that."""
        return literal_of(self.regex) if self.regex else None

    def allows(self, log: str, severity: str, status: int) -> bool:
        """Whether the field conditions hold: for engines that group by the fields and judge the few groups here."""
        if not (self.any_log or log in self.logs or (self.other_log and log not in KNOWN_LOGS)):
            return False
        if self.min_severity and SEVERITIES.index(severity or "DEFAULT") < self.min_severity:
            return False
        return not self.statuses or any(low <= status <= high for low, high in self.statuses)


def any_text(rules: list[Rule]) -> str:
    """One regex that every message matches that any of the rules matches."""
    return "|".join(f"(?:{rule.regex})" for rule in rules if rule.regex)


def literal_of(regex: str) -> str | None:
    """`regex` without its escapes when no character of it is special, else None."""
    if re.search(r"\\[A-Za-z0-9]", regex) or re.search(r"(?<!\\)[.^$*+?()\[\]{}|]", regex):
        return None
    return re.sub(r"\\(.)", r"\1", regex)


def load(folder: Path) -> list[Rule]:
    """Every pattern of every pack in `folder`, ordered by id."""
    rules = []
    for path in sorted(folder.glob("*.toml")):
        pack = tomllib.loads(path.read_text(encoding="utf-8"))
        for pattern in pack.get("pattern", []):
            rules.append(_rule(pack.get("name", path.stem), pattern))
    if not rules:
        raise SystemExit(f"no patterns in {folder}")
    return sorted(rules, key=lambda rule: rule.id)


def _rule(pack: str, pattern: dict) -> Rule:
    severity = pattern.get("min-severity")
    logs = _list(pattern.get("log"))
    return Rule(
        id=f"{pack}/{pattern['name']}",
        regex=pattern.get("regex"),
        logs=tuple(LOG_IDS[name] for name in logs if name != OTHER_LOG),
        other_log=OTHER_LOG in logs,
        min_severity=SEVERITIES.index(severity.upper()) if severity else 0,
        statuses=tuple(_range(str(status)) for status in _list(pattern.get("status"))),
    )


def _list(value) -> list:
    return [] if value is None else value if isinstance(value, list) else [value]


def _range(status: str) -> tuple[int, int]:
    """`503` -> (503, 503); `5xx` -> (500, 599); `500-503` -> (500, 503)."""
    low, _, high = status.lower().partition("-")
    return int(low.replace("x", "0")), int((high or low).replace("x", "9"))


def table(rules: list[Rule], rows: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    """Counts ordered by id and revision, zeros left out: the form that is compared."""
    return {r.id: dict(sorted((k, v) for k, v in rows.get(r.id, {}).items() if v)) for r in rules if any(rows.get(r.id, {}).values())}
