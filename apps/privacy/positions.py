"""
The positions of a prompt, beside plain text: tool calls and their results, descriptions of tools, forms, stop words.

A `Plan` takes them apart into texts that are masked one by one, and puts the masked ones together again. Names of
functions, which cannot hold a placeholder, and identifiers are given others where they say something about somebody.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from apps.privacy import json_text, refusals
from apps.privacy.findings import Finding, checked
from apps.privacy.json_text import JsonText

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
BETWEEN_WORDS: Final = re.compile(r"[_.-]+|(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function that the model called; `arguments` is JSON text, or what a model took for it."""

    id: str
    name: str
    arguments: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that the model may call; `schema` is the JSON Schema of its arguments as JSON text, or empty."""

    name: str
    description: str = field(default="", repr=False)
    schema: str = field(default="", repr=False)
    is_strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Whether a tool is called: ``auto``, ``none``, ``required``, or ``named`` with the tool's name."""

    kind: Literal["auto", "none", "required", "named"]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The form of the answer: any JSON object, or what `schema` (JSON text) describes."""

    kind: Literal["json_object", "json_schema"]
    name: str = ""
    description: str = field(default="", repr=False)
    schema: str = field(default="", repr=False)
    is_strict: bool | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What goes along with the messages of a prompt."""

    tools: tuple[Tool, ...] = ()
    choice: Choice | None = None
    form: Form | None = None
    stop: tuple[str, ...] = field(default=(), repr=False)

    @property
    def texts(self) -> list[str]:
        """All that leaves with them, laid out as widely as any provider's template does it."""
        said = [json.dumps(_as_object(tool), indent=4, ensure_ascii=False) for tool in self.tools]
        if self.form:
            said.append(json.dumps(_as_object(self.form), indent=4, ensure_ascii=False))
        return [*said, *self.stop]


NOTHING_ELSE: Final = Surroundings()


@dataclass(frozen=True, slots=True)
class Draft:
    """
    One position of a prompt before scrubbing.

    `findings` are the places found earlier in exactly this `text` (at ingest); None asks the engine now. `place` says
    where the text comes from, for the sentence of a refusal. `calls` belong to an assistant's message; `call_id` to a
    tool's, and names the call that it answers.
    """

    role: Role
    text: str
    findings: tuple[Finding, ...] | None = None
    place: str = refusals.QUESTION
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


class Look(NamedTuple):
    """A text to look through, and which stretches of it are which leaves."""

    text: str
    findings: tuple[Finding, ...] | None
    spans: tuple[tuple[int, int], ...]


class Assembled(NamedTuple):
    """One draft put together again: its text, its calls, and the numbers of the leaves it is made of."""

    text: str
    calls: tuple[ToolCall, ...]
    leaves: tuple[int, ...]


Build: TypeAlias = "Callable[[Sequence[str]], str]"
Aliases: TypeAlias = "Mapping[str, str]"


class Plan:
    """
    Drafts and surroundings taken apart. Tools come first, forms and stop words last, so that a conversation that grows
    gives away the same placeholders in the same order.
    """

    def __init__(self, drafts: Sequence[Draft], surroundings: Surroundings = NOTHING_ELSE) -> None:
        self.leaves: list[Draft] = []
        self.looks: list[Look] = []
        self._names: dict[str, int] = {}
        self._ids: dict[str, str] = {}
        self._surroundings = surroundings
        self._tools = [self._tool(tool) for tool in surroundings.tools]
        self._drafts = [self._draft(draft) for draft in drafts]
        self._form = self._form_of(surroundings.form) if surroundings.form else None
        self._stop = [self._text_of(Draft("system", word, place=refusals.TOOLS)) for word in surroundings.stop]

    def shared_out(self, found: Sequence[Sequence[Finding]]) -> list[tuple[Finding, ...]]:
        """
        Give each leaf its part of what was found in the texts to look through.

        :raises MalformedFinding: if a finding lies outside the text that it was found in.
        """
        parts: list[tuple[Finding, ...]] = []
        for look, findings in zip(self.looks, found, strict=True):
            if look.spans == ((0, len(look.text)),):
                parts.append(tuple(findings))
                continue
            fitting = checked(findings, text=look.text)
            parts += [tuple(_clipped(fitting, start, end)) for start, end in look.spans]
        return parts

    def messages(self, texts: Sequence[str], aliases: Aliases) -> list[Assembled]:
        """Put the drafts together from the masked leaves."""
        return [assemble(texts, aliases) for assemble in self._drafts]

    def surroundings(self, texts: Sequence[str], aliases: Aliases) -> Surroundings:
        """Put what goes along together from the masked leaves."""
        choice = self._surroundings.choice
        return Surroundings(
            tools=tuple(tool(texts, aliases) for tool in self._tools),
            choice=replace(choice, name=aliases.get(choice.name, choice.name)) if choice else None,
            form=self._form(texts, aliases) if self._form else None,
            stop=tuple(build(texts) for build in self._stop),
        )

    def aliases(self, texts: Sequence[str]) -> dict[str, str]:
        """Give another name to each function whose name was masked or is none that providers take."""
        others: dict[str, str] = {}
        for number, (name, leaf) in enumerate(self._names.items(), start=1):
            if texts[leaf] != self.leaves[leaf].text or not NAME.fullmatch(name):
                others[name] = _free(f"function_{number}", self._names)
        return others

    def own_id(self, id_: str) -> str:
        """Give our own identifier for a call, in a form that every provider takes: identifiers could carry text."""
        return self._ids.setdefault(id_, f"call{len(self._ids) + 1:05d}") if id_ else ""

    def _tool(self, tool: Tool) -> Callable[[Sequence[str], Aliases], Tool]:
        description, schema = self._described(tool)
        return lambda texts, aliases: replace(
            tool, name=aliases.get(tool.name, tool.name), description=description(texts), schema=schema(texts)
        )

    def _form_of(self, form: Form) -> Callable[[Sequence[str], Aliases], Form]:
        description, schema = self._described(form)
        return lambda texts, aliases: replace(
            form, name=aliases.get(form.name, form.name), description=description(texts), schema=schema(texts)
        )

    def _described(self, one: Tool | Form) -> list[Build]:
        schema = json_text.read(one.schema, without=json_text.SCHEMA_WORDS) or one.schema
        return self._look_at("system", refusals.TOOLS, [one.description, schema], name=one.name)

    def _draft(self, draft: Draft) -> Callable[[Sequence[str], Aliases], Assembled]:
        first = len(self.leaves)
        text = self._text_of(draft)
        calls = [self._call(call) for call in draft.calls]
        leaves = tuple(range(first, len(self.leaves)))
        return lambda texts, aliases: Assembled(text(texts), tuple(call(texts, aliases) for call in calls), leaves)

    def _text_of(self, draft: Draft) -> Build:
        if draft.role == "tool":
            return self._look_at("tool", draft.place, [json_text.read(draft.text) or draft.text])[0]
        self.leaves.append(draft)
        self.looks.append(Look(draft.text, draft.findings, ((0, len(draft.text)),)))
        return partial(_nth, len(self.leaves) - 1)

    def _call(self, call: ToolCall) -> Callable[[Sequence[str], Aliases], ToolCall]:
        said = json_text.read(call.arguments) or call.arguments
        (arguments,) = self._look_at("assistant", refusals.TOOL_CALLS, [said], name=call.name)
        return lambda texts, aliases: ToolCall(
            self.own_id(call.id), aliases.get(call.name, call.name), arguments(texts)
        )

    def _look_at(self, role: Role, place: str, parts: Sequence[JsonText | str], *, name: str = "") -> list[Build]:
        """Have several parts looked through as one text, so that what they say counts as each other's surroundings."""
        said: list[str] = []
        spans: list[tuple[int, int]] = []
        builds: list[Build] = []
        is_new_name = bool(name) and name not in self._names
        if is_new_name:
            self._names[name] = len(self.leaves)
        for part in [BETWEEN_WORDS.sub(" ", name), *parts] if is_new_name else parts:
            first, position = len(self.leaves), sum(map(len, said))
            if isinstance(part, str):
                self.leaves.append(Draft(role, part, place=place))
                spans.append((position, position + len(part)))
                builds.append(partial(_nth, first))
                said += [part, "\n"]
                continue
            self.leaves += [Draft(role, leaf.text, place=place) for leaf in part.leaves]
            spans += [(start + position, end + position) for start, end in part.spans]
            builds.append(partial(_put_back, part, first, len(self.leaves)))
            said.append(part.said)
        self.looks.append(Look("".join(said), None, tuple(spans)))
        return builds[-len(parts) :]


def _nth(number: int, texts: Sequence[str]) -> str:
    return texts[number]


def _put_back(parsed: JsonText, first: int, last: int, texts: Sequence[str]) -> str:
    return parsed.with_leaves(texts[first:last])


def _clipped(findings: Sequence[Finding], start: int, end: int) -> list[Finding]:
    return [
        replace(one, start=max(one.start, start) - start, end=min(one.end, end) - start)
        for one in findings
        if one.start < end and one.end > start
    ]


def _free(name: str, taken: dict[str, int]) -> str:
    while name in taken:
        name += "_"
    return name


def _as_object(one: Tool | Form) -> dict[str, Any]:
    schema = json.loads(one.schema) if one.schema else {}
    return {"type": "function", "name": one.name, "description": one.description, "parameters": schema}
