"""From what a program asks, in no dialect, to what the story answers."""

from __future__ import annotations

import json

from apps.api.callers import Caller
from apps.api.embeddings_format import Ask
from apps.api.neutral import ApiError, ErrorKind, JsonObject, Message, Request
from apps.chat.exchange_rows import Asking
from apps.gateway.wire import AsVectors, Sampling
from apps.ledger.vocabulary import Purpose
from apps.privacy import refusals
from apps.privacy.positions import Choice, Draft, Form, Surroundings, Tool, ToolCall


def asking_of(caller: Caller, request: Request) -> Asking:
    """Put together who asks and what; nothing is scrubbed yet."""
    options = request.options
    last = len(request.messages) - 1
    return Asking(
        person=caller.person,
        team=caller.team,
        who=caller.who,
        model=request.model,
        drafts=[_draft(message, is_last=number == last) for number, message in enumerate(request.messages)],
        surroundings=_surroundings(request),
        wanted=Sampling(
            temperature=options.temperature,
            top_p=options.top_p,
            presence_penalty=options.presence_penalty,
            frequency_penalty=options.frequency_penalty,
            seed=options.seed,
            parallel_tool_calls=options.parallel_tool_calls,
        ),
        most_output_tokens=options.max_output_tokens,
        model_ids=caller.model_ids,
        key_id=caller.key_id,
    )


def asking_for_vectors(caller: Caller, ask: Ask) -> Asking:
    """Put together who asks for the vectors of which texts; nothing is scrubbed yet."""
    return Asking(
        person=caller.person,
        team=caller.team,
        who=caller.who,
        model=ask.model,
        drafts=[Draft("user", text) for text in ask.texts],
        wanted=AsVectors(ask.dimensions),
        model_ids=caller.model_ids,
        key_id=caller.key_id,
        purpose=Purpose.EMBEDDING,
    )


def _draft(message: Message, *, is_last: bool) -> Draft:
    calls = tuple(ToolCall(call.id, call.name, call.arguments) for call in message.tool_calls)
    place = refusals.QUESTION if is_last else refusals.HISTORY
    if message.role == "tool":
        place = refusals.TOOL_RESULTS
    return Draft(message.role, message.text, place=place, calls=calls, call_id=message.tool_call_id)


def _surroundings(request: Request) -> Surroundings:
    form, choice = request.options.response_format, request.tool_choice
    return Surroundings(
        tools=tuple(Tool(tool.name, tool.description, _json(tool.schema), tool.is_strict) for tool in request.tools),
        choice=Choice(choice.kind, choice.name) if choice else None,
        form=Form(form.kind, form.name, form.description, _json(form.schema), form.is_strict) if form else None,
        stop=request.options.stop,
    )


def _json(schema: JsonObject) -> str:
    try:
        return json.dumps(schema, ensure_ascii=False) if schema else ""
    except (ValueError, RecursionError):
        raise ApiError(
            ErrorKind.BAD_REQUEST, "A schema is nested too deeply. Flatten it.", code="invalid_value"
        ) from None
