"""
What restoring costs: CPU microseconds a token, beside passing the tokens through, in one run.

    python -m bench.restoring

A token is a run of up to five characters. The answer is prose with a placeholder in every third sentence.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence

from apps.privacy.restore import Restorer
from apps.privacy.restore_json import JsonRestorer

SENTENCES = (
    "Please forward the Proposal to <PERSON_1> before Friday, and copy <EMAIL_1>. ",
    "In the Past three years the Portal's costs have grown by 4 %, so an Increase of 2 % is Enough. ",
    "- **Invoices** are sent by e-mail; `user_name` is an example, and 1 < 2. ",
)
PLACEHOLDERS = {f"<{type_}_{n}>": f"value {n}" for type_ in ("PERSON", "EMAIL", "PHONE", "ID", "IBAN") for n in (1, 2)}
ANSWER = "".join(SENTENCES) * 400
ROUNDS = 5


def main() -> None:
    """Measure and print."""
    Restorer(PLACEHOLDERS)
    prose, arguments = _tokens(ANSWER), _tokens(json.dumps({"text": ANSWER}))
    passed = _best(prose, lambda: lambda token: token)
    for name, tokens, make in (
        ("text", prose, lambda: Restorer(PLACEHOLDERS).feed),
        ("json", arguments, lambda: JsonRestorer(PLACEHOLDERS).feed),
    ):
        restored = _best(tokens, make)
        print(f"{name}: {restored:.1f} µs a token, passed through {passed:.2f} µs ({len(tokens)} tokens)")


def _tokens(text: str) -> list[str]:
    return re.findall(r"\s*\S{1,5}|\s+", text)


def _best(tokens: Sequence[str], make: Callable[[], Callable[[str], str]]) -> float:
    """Give the least CPU microseconds a token of some rounds."""
    return min(_once(tokens, make()) for _ in range(ROUNDS)) * 1e6 / len(tokens)


def _once(tokens: Sequence[str], feed: Callable[[str], str]) -> float:
    begun = time.process_time()
    "".join(map(feed, tokens))
    return time.process_time() - begun


if __name__ == "__main__":
    main()
