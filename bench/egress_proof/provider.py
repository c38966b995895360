"""The fake provider at the other end of the link: repeats what it is asked, and breaks when it is asked to."""

from __future__ import annotations

import sys
import time
from typing import Any

from tests.fake_provider import FakeProvider

FAILS_ONCE = "It may fail the first time."
LONGEST_ECHO = 1_500


def main() -> None:
    """Listen at the address given, print the base URL, and serve until killed."""
    failed: set[str] = set()

    def say(body: dict[str, Any]) -> str | None:
        question = str(body["messages"][-1]["content"])
        if FAILS_ONCE in question and question not in failed:
            failed.add(question)
            return None
        return f"Noted, all of it:\n{question[:LONGEST_ECHO]}\nSources: [1]"

    provider = FakeProvider(sys.argv[1]).start()
    provider.always_says(say)
    print(provider.base_url, flush=True)
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    main()
