"""
Which spelling of placeholders does the model on this machine keep intact? Asks it a dozen plain tasks in each spelling.

    python -m bench.placeholders [--tasks 12] [--tokens 60]

Prints, for each spelling, the share of the placeholders in the answers that are exactly as issued, and examples of the
others; and for `<PERSON_1>` what restoring makes of the answers. Takes some minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection

from apps.privacy.restore import restored
from portal.embedded import model_server
from portal.embedded.ports import free_port

SPELLINGS: dict[str, Callable[[str, int], str]] = {
    "<PERSON_1>": lambda type_, number: f"<{type_}_{number}>",
    "[PERSON_1]": lambda type_, number: f"[{type_}_{number}]",
    "{{PERSON_1}}": lambda type_, number: f"{{{{{type_}_{number}}}}}",
    "PERSON_1": lambda type_, number: f"{type_}_{number}",
    "«PERSON_1»": lambda type_, number: f"«{type_}_{number}»",
}
TASKS = [
    "Write a short e-mail to P1 that P2 cannot come on Monday.",
    "Rewrite politely: P1 must send the report to E1 today.",
    "Translate into French: P1 has written to E1 and called O1.",
    "Translate into German: Dear P1, P2 of O1 will call you.",
    "Make a JSON object with the keys name, email and company: P1, E1, O1.",
    "Summarise in one sentence: P1 met P2 at O1. They agreed that P1 pays and P2 delivers in May.",
    "Correct the spelling: P1 wil recieve teh contract from P2 tomorow.",
    "List the people named here: P1, P2 and P3 met at O1. P2 left early.",
    "Who pays? P1 ordered from O1. P2 pays the invoice for P1.",
    "Write a Markdown table with name and e-mail: P1, E1; P2, E2.",
    "Put into the passive voice: P1 signed the contract. P2 checked it.",
    "Write an INSERT statement for the table customers (name, email): P1, E1.",
]
TYPES = {"P": "PERSON", "E": "EMAIL", "O": "ORGANIZATION"}
ROUGHLY = re.compile(r"\W{0,3}(?:PERSON|PERSONNE|EMAIL|ORGANI[SZ]ATION)[\W_]{0,3}[0-9]+\w?\W{0,3}", re.IGNORECASE)


def main() -> None:
    """Ask, count and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=len(TASKS))
    parser.add_argument("--tokens", type=int, default=60)
    wanted = parser.parse_args()
    with _model(wanted.tokens) as ask:
        for spelling, spell in SPELLINGS.items():
            answers = [ask(_spelled(task, spell)) for task in TASKS[: wanted.tasks]]
            _report(spelling, spell, answers)


def _spelled(task: str, spell: Callable[[str, int], str]) -> str:
    return re.sub(r"\b([PEO])([1-9])\b", lambda match: spell(TYPES[match[1]], int(match[2])), task)


def _report(spelling: str, spell: Callable[[str, int], str], answers: list[str]) -> None:
    issued = [spell(type_, number) for type_ in TYPES.values() for number in (1, 2, 3)]
    exact = sum(answer.count(one) for answer in answers for one in issued)
    unmarked = [_without(answer, issued) for answer in answers]
    others = [match[0].strip() for answer in unmarked for match in ROUGHLY.finditer(answer)]
    silent = sum(1 for answer in answers if not any(one in answer for one in issued))
    share = exact / (exact + len(others)) if exact or others else 0
    print(f"{spelling:14} exact {exact:3} of {exact + len(others):3} ({share:4.0%}), answers without any: {silent}")
    print(f"{'':14} others: {sorted(set(others))[:12]}")
    if spelling == "<PERSON_1>":
        values = {one: f"value {place}" for place, one in enumerate(issued)}
        left = [match[0].strip() for answer in answers for match in ROUGHLY.finditer(restored(answer, values))]
        print(f"{'':14} left after restoring: {left}")


def _without(text: str, placeholders: list[str]) -> str:
    for placeholder in placeholders:
        text = text.replace(placeholder, "\n")
    return text


@contextmanager
def _model(tokens: int) -> Iterator[Callable[[str], str]]:
    port = free_port()
    server = model_server.start(port)

    def ask(question: str) -> str:
        body = {
            "model": model_server.ALIAS,
            "max_tokens": tokens,
            "messages": [
                {"role": "system", "content": "You are a helpful assistant in a company. Answer briefly."},
                {"role": "user", "content": question},
            ],
        }
        connection = HTTPConnection("127.0.0.1", port, timeout=300)
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        return str(json.load(connection.getresponse())["choices"][0]["message"]["content"])

    try:
        yield ask
    finally:
        del server


if __name__ == "__main__":
    main()
