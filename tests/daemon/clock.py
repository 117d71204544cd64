"""A clock for the daemon that tests move. Time that only passes, as it does for time-outs, stays real."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


class Clock:
    """A clock that the daemon takes for the host's. It runs on from wherever it is set."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self._ahead = 0.0

    def set(self, moment: datetime) -> None:
        self._ahead = moment.timestamp() - time.time()
        # Never half a number, whenever it is read.
        new = self._file.with_suffix(".new")
        new.write_text(f"{self._ahead:+.3f}\n")
        new.rename(self._file)

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._ahead, timezone.utc)

    def variables(self) -> dict[str, str]:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert libraries, "faketime is missing: `apt-get install faketime`"
        return {
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
