"""
What the receivers' schemas ask of the events that we write, as JSON Schema of our own.

Written after the classes 2004, 3001, 3002, 3005 and 6003, the profile `ai_operation` and the object `metadata` of the
OCSF schema 1.6 (schema.ocsf.io, github.com/ocsf/ocsf-schema), and after the field sets `base`, `ecs`, `event`, `user`
and `gen_ai` of the Elastic Common Schema 9.0 (elastic.co/guide, github.com/elastic/ecs). A field that is not listed is
refused, so that a name with a slip of the pen does not go by.
"""

from __future__ import annotations

from typing import Any

TEXT: dict[str, Any] = {"type": "string", "minLength": 1}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}


def of(required: str, optional: str = "", **fields: Any) -> dict[str, Any]:
    """An object with these fields; those without a schema of their own are texts."""
    names = [*required.split(), *optional.split()]
    properties = {name: fields.get(name, TEXT) for name in names}
    return {"type": "object", "required": required.split(), "properties": properties, "additionalProperties": False}


def many(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1}


USER = of("type_id", "uid name groups", type_id={"enum": [0, 1, 2, 3, 4, 99]}, groups=many(of("name")))
USER |= {"anyOf": [{"required": ["uid"]}, {"required": ["name"]}]}
METADATA = of(
    "product version uid sequence event_code",
    sequence=COUNT,
    version={"const": "1.6.0"},
    product=of("name vendor_name"),
)
MESSAGE = of(
    "uid", "prompt_tokens completion_tokens total_tokens prompt_text response_text",
    prompt_tokens=COUNT, completion_tokens=COUNT, total_tokens=COUNT,
)  # fmt: skip
BASE = "activity_id category_uid class_uid type_uid severity_id status_id time message metadata"
BASE_FIELDS: dict[str, Any] = {
    "activity_id": COUNT, "category_uid": {"enum": [2, 3, 6]}, "class_uid": COUNT, "type_uid": COUNT,
    "severity_id": {"enum": [0, 1, 2, 3, 4, 5, 6, 99]}, "status_id": {"enum": [0, 1, 2, 99]}, "time": COUNT,
    "metadata": METADATA, "user": USER, "actor": of("user", user=USER), "unmapped": {"type": "object"},
}  # fmt: skip


def event(
    class_uid: int, activities: list[int], required: str = "", optional: str = "", **fields: Any
) -> dict[str, Any]:
    """One class: its numbers belong together, and it has what it must have."""
    own = {
        "class_uid": {"const": class_uid}, "category_uid": {"const": class_uid // 1000},
        "activity_id": {"enum": activities}, "type_uid": {"enum": [class_uid * 100 + one for one in activities]},
    }  # fmt: skip
    return of(f"{BASE} {required}", f"unmapped {optional}", **(BASE_FIELDS | fields | own))


OCSF: dict[str, Any] = {
    "oneOf": [
        event(2004, [1, 3], "finding_info", finding_info=of("uid title")),
        event(3001, [1, 2, 5, 99], "user actor"),
        event(3002, [1, 2], "user actor"),
        event(3005, [1, 2], "user actor privileges", privileges=many(TEXT)),
        event(
            6003, [1, 2, 3, 4, 99], "api actor src_endpoint", "resources ai_model message_context",
            api=of("operation service", "request", service=of("name"), request=of("uid")), src_endpoint=of("name"),
            resources=many(of("type", "name uid")), ai_model=of("name ai_provider"), message_context=MESSAGE,
        ),
    ]
}  # fmt: skip

EVENT = of(
    "id sequence kind category type action outcome severity dataset module", sequence=COUNT, severity=COUNT,
    kind={"enum": ["event", "alert"]}, outcome={"enum": ["success", "failure", "unknown"]},
    category=many({"enum": ["authentication", "iam", "api", "configuration"]}),
    type=many({"enum": ["start", "end", "info", "change", "user"]}),
)  # fmt: skip
GEN_AI = of(
    "operation provider request response", "usage input output", operation=of("name"), provider=of("name"),
    request=of("model"), response=of("id", "finish_reasons", finish_reasons=many(TEXT)),
    usage=of("input_tokens output_tokens", input_tokens=COUNT, output_tokens=COUNT), input=of("messages"),
    output=of("messages"),
)  # fmt: skip
ECS = of(
    "@timestamp ecs message event user labels", "gen_ai", ecs=of("version"), event=EVENT,
    user=of("id", "name group", group=of("name")), gen_ai=GEN_AI,
    labels={"type": "object", "additionalProperties": {"type": "string"}},
)  # fmt: skip

SCHEMAS: dict[str, dict[str, Any]] = {"OCSF": OCSF, "ECS": ECS}
