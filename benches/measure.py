"""Runs a command and says what it cost: time and peak memory. Unix only (`wait4`)."""
import os
import signal
import subprocess
import tempfile
import threading
import time

# The speed that one core is measured against, in MB/s.
CORE_MB_PER_SECOND = 1100


def measured(command: list[str], kill_after: float | None = None) -> dict:
    """Wall and CPU seconds and peak resident MB of a command, its exit code, standard output and error.

    With `kill_after` (seconds) it gets a SIGKILL then, if it still runs.

    A new process begins with the size of this one: peaks below some 20 MB are the script's own.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begin = time.perf_counter()
        child = subprocess.Popen(command, stdout=out, stderr=err)
        killer = threading.Timer(kill_after or 0, os.kill, [child.pid, signal.SIGKILL])
        if kill_after is not None:
            killer.start()
        # Not reaped yet, so that the number is nobody else's while the killer may still use it.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        killer.cancel()
        if kill_after is not None:
            killer.join()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        out.seek(0)
        err.seek(0)
        return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "rss": usage.ru_maxrss / 1024, "code": child.returncode,
                "out": out.read(), "err": err.read().decode(errors="replace")}


def failure(run: dict) -> str | None:
    """The last line that a failed run wrote; None for a good one."""
    return None if run["code"] == 0 else (run["err"].strip().splitlines() or ["no message"])[-1]
