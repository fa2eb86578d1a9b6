"""Twenty annotators review at once: is every decision saved, once, and how fast?

    python -m benchmarks.review_load WORKSPACE                          # SQLite, five minutes
    python -m benchmarks.review_load WORKSPACE --database postgresql://localhost/reviews
    python -m benchmarks.review_load WORKSPACE --annotators 5 --seconds 60
    python -m benchmarks.review_load WORKSPACE --annotators 3 --kills 100

The workspace is copied first (its files are linked, not written). Each annotator holds a
connection to the app as a browser does, gets cards, decides every two seconds on average, asks for
more cards as the script of the card does, and waits until the server has answered that the decision
is saved. Twenty real browsers would take most of the machine for themselves.

With ``--kills`` the server is ended at random moments while people decide without a pause, and
started again; they send it what the last one did not answer.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.review_load.annotators import review
from benchmarks.review_load.kills import kill_again_and_again
from benchmarks.review_load.report import tell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--annotators", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds a decision, on average")
    parser.add_argument("--database", default="", help="URL of an empty database; else SQLite")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kills", type=int, default=0, help="end the server so often by SIGKILL")
    given = parser.parse_args()
    if given.kills:
        told = kill_again_and_again(
            given.workspace, given.kills, given.annotators, given.database, given.seed
        )
    else:
        load = review(
            given.workspace,
            given.annotators,
            given.seconds,
            given.pause,
            given.database,
            given.seed,
        )
        told = tell(load)
    print(told)


if __name__ == "__main__":
    main()
