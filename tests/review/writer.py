"""Decides without end under several names at once, as the server of the app does.

    python writer.py LOCATION NUMBER

Prints what the browsers send before it is recorded, and what they are told after it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import count
from threading import Thread
from typing import Any
from uuid import UUID

from workbench.errors import WorkbenchError
from workbench.review.decisions import Role
from workbench.review.recorder import Recorder
from workbench.review.store import DecisionStore
from workbench.review.team import Member

N_THREADS = 4
VERDICTS = ("present", "absent", "unsure")


def events(writer: int, thread: int) -> Iterator[dict[str, Any]]:
    """Give decisions, on few pairs so that they meet; each third one takes the last one back."""
    before = None
    for number in count():
        event = {
            "event_uid": str(UUID(int=(writer << 64) + (thread << 32) + number)),
            "instance_id": f"q{number % 7}",
            "label_id": "red",
            "verdict": VERDICTS[number % 2],
        }
        if number % 3 == 2 and before is not None:
            event = before | {"event_uid": event["event_uid"], "undoes": before["event_uid"]}
        yield event
        before = event


def say(**told: Any) -> None:
    # One call a line: a pipe takes it whole, and a killed process leaves no half of it.
    os.write(1, json.dumps(told).encode() + b"\n")


def save(recorder: Recorder, event: dict[str, Any]) -> None:
    """Send an event until it is acknowledged."""
    while True:
        try:
            saved, refused = recorder.record([event])
        except WorkbenchError as error:
            say(failed=str(error))
            time.sleep(0.02)
        else:
            say(saved=saved, refused=[each.reason for each in refused])
            return


def work(store: DecisionStore, writer: int, thread: int) -> None:
    recorder = Recorder(store, Member(f"r{thread}"), Role.ANNOTATOR, "v1", "m1")
    for event in events(writer, thread):
        say(sent=event | {"reviewer": f"r{thread}"})
        save(recorder, event)


if __name__ == "__main__":
    with DecisionStore(sys.argv[1]) as opened:
        for number in range(N_THREADS):
            Thread(target=work, args=(opened, int(sys.argv[2]), number), daemon=True).start()
        sys.stdin.read()
