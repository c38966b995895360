"""
A file of prompts as lines: read whole before anything starts, and every line that cannot be asked is named.

JSON lines come in two forms, a line each: OpenAI's ``{"custom_id": …, "body": {"messages": […]}}`` and the plain
``{"id": …, "prompt": …}``. A CSV file begins with a heading; the person says which column holds the prompts.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from django.conf import settings

from apps.chat.texts import BadMessage, clean_question

MOST_LINES: Final = 10_000
MOST_BYTES: Final = 20 * 1024 * 1024
MOST_MESSAGES: Final = 200
LONGEST_ID: Final = 200
MOST_PROBLEMS: Final = 200
SAMPLED: Final = 3
ADDRESS: Final = "/v1/chat/completions"
OUTER: Final = frozenset({"custom_id", "method", "url", "body"})
INNER: Final = frozenset({"model", "messages", "temperature", "max_tokens", "max_completion_tokens"})
PLAIN: Final = frozenset({"id", "prompt"})
PROMPT_NAMES: Final = ("prompt", "prompts", "question", "questions", "text", "message", "input")
ID_NAMES: Final = ("custom_id", "id", "key", "number", "no", "nr")

Role: TypeAlias = Literal["system", "user", "assistant"]
ROLES: Final[Mapping[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}


class BadFile(Exception):
    """The file as a whole cannot be read; the sentence says why and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(type(self).__name__)
        self.sentence = sentence


class BadLine(Exception):
    """One line cannot be asked; the sentence says why and what to do. It may quote the line: show it to its owner."""

    def __init__(self, sentence: str) -> None:
        super().__init__(type(self).__name__)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Prompt:
    """What one line asks: the id its owner gave it, and (role, text) pairs, the last one the person's."""

    custom_id: str
    messages: tuple[tuple[Role, str], ...]
    temperature: float | None = None
    max_tokens: int | None = None

    def to_json(self) -> str:
        """Give the prompt as it is kept."""
        return json.dumps([self.custom_id, self.messages, self.temperature, self.max_tokens], ensure_ascii=False)

    @classmethod
    def from_json(cls, kept: str) -> Prompt:
        """Read what `to_json` gave."""
        custom_id, messages, temperature, max_tokens = json.loads(kept)
        return cls(custom_id, tuple((role, text) for role, text in messages), temperature, max_tokens)


@dataclass(frozen=True, slots=True)
class Problem:
    """A line that cannot be asked: its number in the file, counted from 1, and a sentence for its writer."""

    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """What a file says: its prompts in their order, and every line that stands in the way (200 at most are named)."""

    prompts: tuple[Prompt, ...]
    problems: tuple[Problem, ...]
    problem_count: int


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file before its column is chosen: the heading, how many rows follow, and the first of them."""

    heading: tuple[str, ...]
    row_count: int
    sample: tuple[tuple[str, ...], ...]


def decoded(raw: bytes) -> str:
    """
    Give the text of a file.

    :raises BadFile: if it is too large, empty, or not UTF-8.
    """
    if len(raw) > MOST_BYTES:
        raise BadFile(f"The file is larger than {MOST_BYTES // 1024 // 1024} MB. Divide it into several batches.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFile(
            f"The file is not UTF-8: byte {error.start + 1:,} belongs to no character. Save it as UTF-8 and upload it "
            "again."
        ) from None
    if "\0" in text:
        raise BadFile("This looks like a binary file. Upload JSON lines or CSV as plain text in UTF-8.")
    if not text.strip():
        raise BadFile("The file is empty. Each line, or each row under the heading, is one prompt.")
    return text


def read_lines(text: str, *, model_names: Sequence[str]) -> Prompts:
    """
    Read JSON lines for a batch on the model of these names. Empty lines are passed over.

    :raises BadFile: if there are too many lines.
    """
    # Not `splitlines`: JSON may hold U+2028 and other characters that Python takes for the end of a line.
    numbered = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    _require_room(len(numbered))
    collected = _Collected()
    for number, line in numbered:
        with collected.at(number):
            collected.take(_prompt_of(line, model_names))
    return collected.prompts


def model_named_in(text: str) -> str:
    """Give the model that the first line of a file of JSON lines names, empty where it names none."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    try:
        body = json.loads(first).get("body")
        named = body.get("model")
    except (ValueError, RecursionError, AttributeError):
        return ""
    return named if isinstance(named, str) else ""


def look_at_table(text: str) -> Table:
    """
    Read the heading and the first rows of a CSV file.

    :raises BadFile: if it is not CSV, has no heading, no rows, or too many.
    """
    heading, rows = _table(text)
    return Table(heading, len(rows), tuple(row for _, row in rows[:SAMPLED]))


def read_table(text: str, *, prompt_column: int, id_column: int | None = None) -> Prompts:
    """
    Read the prompts of a CSV file from one column, and their ids from another; without one a row's number is its id.

    :raises BadFile: as `look_at_table`, and if there is no such column.
    """
    heading, rows = _table(text)
    if not 0 <= prompt_column < len(heading) or (id_column is not None and not 0 <= id_column < len(heading)):
        raise BadFile("There is no such column. Choose one of the heading.")

    collected = _Collected()
    for number, (line, row) in enumerate(rows, start=1):
        with collected.at(line):
            if len(row) != len(heading):
                raise BadLine(
                    f"It has {len(row)} cells, and the heading has {len(heading)}. Check its quotes and commas."
                )
            custom_id = str(number) if id_column is None else _checked_id(row[id_column])
            collected.take(Prompt(custom_id, (("user", _checked_text(row[prompt_column])),)))
    return collected.prompts


class _Collected:
    """Prompts and problems of a file, while it is read."""

    def __init__(self) -> None:
        self._prompts: list[Prompt] = []
        self._problems: list[Problem] = []
        self._count = 0
        self._line = 0
        self._seen: dict[str, int] = {}

    @contextmanager
    def at(self, line: int) -> Iterator[None]:
        """Note what is wrong with this line, where something is, and let the reading go on."""
        self._line = line
        try:
            yield
        except BadLine as bad:
            self._count += 1
            if len(self._problems) < MOST_PROBLEMS:
                self._problems.append(Problem(line, bad.sentence))

    def take(self, prompt: Prompt) -> None:
        """
        Take the prompt of this line.

        :raises BadLine: if another line has its id.
        """
        first = self._seen.setdefault(prompt.custom_id, self._line)
        if first != self._line:
            raise BadLine(f"Its id is that of line {first:,}, too. Give each line an id of its own.")
        self._prompts.append(prompt)

    @property
    def prompts(self) -> Prompts:
        """Everything that was read."""
        return Prompts(tuple(self._prompts), tuple(self._problems), self._count)


def _require_room(count: int) -> None:
    if count > MOST_LINES:
        raise BadFile(f"The file has {count:,} prompts, and a batch takes {MOST_LINES:,} at most. Divide it.")


def _table(text: str) -> tuple[tuple[str, ...], list[tuple[int, tuple[str, ...]]]]:
    """Give the heading, and each row with the number of the line it ends on. Rows without any text are passed over."""
    csv.field_size_limit(MOST_BYTES)
    first = text.lstrip("\r\n").partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, tuple(row)))  # noqa: PERF401 - the line number is of this moment
    except csv.Error as error:
        raise BadFile(
            f"Line {reader.line_num:,} is not CSV ({error}). Check its quotes, then upload it again."
        ) from None
    heading = tuple(cell.strip() for cell in rows[0][1])
    if len(rows) < 2:
        raise BadFile(
            "There is a heading and no row under it. The first row names the columns; each other is a prompt."
        )
    _require_room(len(rows) - 1)
    return heading, rows[1:]


def _prompt_of(line: str, model_names: Sequence[str]) -> Prompt:
    try:
        given = json.loads(line)
    except (json.JSONDecodeError, RecursionError):
        raise BadLine("It is not JSON. Each line is one JSON object, on a single line.") from None
    if not isinstance(given, dict):
        raise BadLine('It is not a JSON object. Write {"id": …, "prompt": …} or {"custom_id": …, "body": …}.')
    if "body" in given or "custom_id" in given:
        return _in_long_form(given, model_names)
    _require_only(given, PLAIN, "the line")
    if "prompt" not in given:
        raise BadLine('It has no "prompt".')
    return Prompt(_checked_id(given.get("id")), (("user", _checked_text(given["prompt"])),))


def _in_long_form(given: dict[str, Any], model_names: Sequence[str]) -> Prompt:
    _require_only(given, OUTER, "the line")
    if given.get("method", "POST") != "POST" or given.get("url", ADDRESS) != ADDRESS:
        raise BadLine(f"Batches take POST to {ADDRESS} alone. Leave “method” and “url” out, or write these.")
    body = given.get("body")
    if not isinstance(body, dict):
        raise BadLine('It has no "body", which must be an object with "messages".')
    _require_only(body, INNER, "“body”")
    if body.get("model", model_names[0]) not in model_names:
        raise BadLine(f"Its “model” is another one than the batch's, {model_names[0]}. Leave it out, or write that.")
    temperature = body.get("temperature")
    is_number = isinstance(temperature, int | float) and not isinstance(temperature, bool)
    if temperature is not None and not (is_number and 0 <= temperature <= 2):
        raise BadLine("Its “temperature” must be a number from 0 to 2.")
    messages, longest = _checked_messages(body.get("messages")), _checked_length(body)
    return Prompt(_checked_id(given.get("custom_id")), messages, temperature, longest)


def _checked_length(body: Mapping[str, Any]) -> int | None:
    longest = body.get("max_completion_tokens", body.get("max_tokens"))
    if longest is not None and (not isinstance(longest, int) or isinstance(longest, bool) or longest < 1):
        raise BadLine("Its “max_tokens” must be a whole number above 0.")
    return longest


def _require_only(given: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    unknown = sorted(given.keys() - known)
    if unknown:
        names = ", ".join(f"“{name[:40]}”" for name in unknown[:3])
        raise BadLine(f"Batches do not know {names} in {where}. Take it out: nothing is passed over in silence.")


def _checked_id(given: Any) -> str:
    if isinstance(given, int) and not isinstance(given, bool):
        given = str(given)
    if not isinstance(given, str) or not given.strip():
        raise BadLine('It has no id. Give each line one ("id" or "custom_id"), to find its answer by.')
    if len(given) > LONGEST_ID:
        raise BadLine(f"Its id has {len(given):,} characters, and {LONGEST_ID} is the limit.")
    return _without_halves(given.strip())


def _checked_messages(given: Any) -> tuple[tuple[Role, str], ...]:
    if not isinstance(given, list) or not given:
        raise BadLine("Its “messages” must be a list with at least one message.")
    if len(given) > MOST_MESSAGES:
        raise BadLine(f"It has {len(given):,} messages, and {MOST_MESSAGES} is the limit.")
    messages = tuple(_checked_message(message) for message in given)
    if messages[-1][0] != "user":
        raise BadLine("Its last message must be of the role “user”: that is what is asked.")
    if sum(len(text) for _, text in messages) > settings.MESSAGE_LIMIT_CHARACTERS:
        raise BadLine(
            f"Its messages have more than {settings.MESSAGE_LIMIT_CHARACTERS:,} characters in all. Shorten it."
        )
    return messages


def _checked_message(given: Any) -> tuple[Role, str]:
    role = ROLES.get(given.get("role", "")) if isinstance(given, dict) and isinstance(given.get("role"), str) else None
    if role is None:
        raise BadLine("Each message must have a “role”: system, user or assistant.")
    _require_only(given, frozenset({"role", "content"}), "a message")
    return role, _checked_text(_joined(given.get("content")))


def _joined(content: Any) -> Any:
    """Give the text of a message that comes in parts; pictures and sound are refused."""
    if not isinstance(content, list):
        return content
    texts: list[str] = []
    for part in content:
        if not isinstance(part, dict) or part.get("type") != "text" or not isinstance(part.get("text"), str):
            raise BadLine("Batches take text alone. Take the pictures, files or sounds out of its messages.")
        texts.append(part["text"])
    return "\n".join(texts)


def _checked_text(given: Any) -> str:
    if not isinstance(given, str):
        raise BadLine("Its prompt is not a text.")
    try:
        return clean_question(given, limit=settings.MESSAGE_LIMIT_CHARACTERS)
    except BadMessage as bad:
        raise BadLine(bad.sentence) from None


def _without_halves(text: str) -> str:
    """Replace halves of surrogate pairs, which no encoding can keep."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def columns_of(heading: Sequence[str]) -> list[tuple[int, str]]:
    """Name the columns for choosing; one without a name is named by its place."""
    return [(place, name or f"Column {place + 1}") for place, name in enumerate(heading)]


def likely_columns(heading: Sequence[str]) -> tuple[int | None, int | None]:
    """Guess by their names which columns hold the prompts and the ids. One column alone holds the prompts."""
    if len(heading) == 1:
        return 0, None
    names = [name.strip().casefold() for name in heading]
    prompt, id_ = (
        next((names.index(name) for name in known if name in names), None) for known in (PROMPT_NAMES, ID_NAMES)
    )
    return prompt, id_
