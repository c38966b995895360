"""
Make the prompt that may leave: every position goes through the same steps, and only this module can make a Scrubbed.

If detection fails, is late, or its own result does not hold on a second look, nothing is returned: an exception is
raised and nothing can be sent. The policy says what must be masked, what refuses the message, and what may stay.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any, Final, NoReturn

from apps.ledger.facts import MaskedSpan
from apps.privacy import engine, literals, masking
from apps.privacy.consistency import LATIN
from apps.privacy.enforcement import Enforcement
from apps.privacy.findings import Finding, MalformedFinding
from apps.privacy.policy import DEFAULT, Policy, Treatment
from apps.privacy.positions import NOTHING_ELSE, Draft, Plan, Role, Surroundings, ToolCall
from apps.privacy.refusals import Concern, MessageBlocked, MessageHeld
from apps.privacy.tagger.tokens import DENSE, DENSE_MARKS, MARKS
from apps.privacy.vault import Vault

__all__ = ["Draft", "ScrubIncomplete", "Scrubbed", "ScrubbedMessage", "Surroundings", "is_genuine", "scrub"]

ROLES: Final = frozenset({"system", "user", "assistant", "tool"})
ON_THE_LOOP: Final = 8_000
"""Most characters that are masked on the event loop; more goes to a thread, so nobody else's answer waits."""
WEIGHT_OF_A_VALUE: Final = 20
"""Characters whose masking costs as much as sorting out whether one known value may leave."""
WEIGHT_OF_A_LEAF: Final = 40
"""Characters whose masking costs as much as taking up one more text, however short."""
SHORTEST_CHECKED: Final = 3
ROUNDS: Final = 4
PLACEHOLDER: Final = re.compile(r"<[A-Z_]+_[0-9]+>")
A_DENSE_ONE: Final = "\U0002a6a5"
"""A character of sixty-four strokes that is in nobody's name."""

ANOTHER: Final = "\u0461"
"""A letter that is neither Latin nor in use."""

OF_LATIN: Final = re.compile(f"[{LATIN}]")
OF_DENSE: Final = re.compile(f"[{DENSE}{DENSE_MARKS}]")
ON_A_LETTER: Final = re.compile(f"[{MARKS}]")
_ONLY_THIS_MODULE: Final = object()


class ScrubIncomplete(engine.ScrubberUnavailable):
    """A value that should be masked was still there after masking, so nothing was sent."""

    def __init__(self) -> None:
        super().__init__("The message could not be cleaned of personal data for certain, so it was not sent.")


@dataclass(frozen=True, slots=True)
class ScrubbedMessage:
    """One position of a prompt as it leaves, and what was masked in it, once for each placeholder."""

    role: Role
    text: str
    masked: tuple[MaskedSpan, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""

    @property
    def everything(self) -> str:
        """The text and the calls, as a person reads them: ``name(arguments)``, each on a line of its own."""
        return "\n".join([*filter(None, [self.text]), *(f"{call.name}({call.arguments})" for call in self.calls)])


@dataclass(frozen=True)
class Scrubbed:
    """
    A prompt that may leave. Only `scrub` makes one: copies, replacements, subclasses and pickles are refused.

    `masked` lists what was masked, once for each placeholder, in the order of first appearance; `in_clear` what was
    found and left, because the policy or the person says so; `on_record` are the messages with that masked, too, as the
    record shows them. A prompt goes to models of the policy's egress class only (`may_go_to`). `function_names` gives
    the caller's own name for each function that is sent under another one.
    """

    messages: tuple[ScrubbedMessage, ...]
    masked: tuple[MaskedSpan, ...]
    engine_version: str
    made_by: InitVar[object]
    policy: Policy = DEFAULT
    in_clear: tuple[MaskedSpan, ...] = ()
    on_record: tuple[ScrubbedMessage, ...] = ()
    surroundings: Surroundings = NOTHING_ELSE
    surroundings_on_record: Surroundings = NOTHING_ELSE
    function_names: Mapping[str, str] = field(default_factory=dict, repr=False)
    _seal: object = field(init=False, repr=False, compare=False)

    def __post_init__(self, made_by: object) -> None:
        if made_by is not _ONLY_THIS_MODULE:
            raise TypeError("Only apps.privacy.scrub.scrub can make a Scrubbed.")
        object.__setattr__(self, "_seal", _ONLY_THIS_MODULE)

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise TypeError("Scrubbed has no subclasses: only apps.privacy.scrub.scrub can make one.")

    def __copy__(self) -> NoReturn:
        raise TypeError("A Scrubbed is not copied. Pass it on as it is.")

    def __deepcopy__(self, memo: dict[int, Any]) -> NoReturn:
        raise TypeError("A Scrubbed is not copied. Pass it on as it is.")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Scrubbed does not leave its process. Scrub again where it is needed.")

    @property
    def text(self) -> str:
        """All that leaves, in order."""
        return "\n\n".join(self.texts)

    @property
    def texts(self) -> list[str]:
        """All that leaves: a text for each message with its calls, for each tool, for the form and each stop word."""
        return [*(message.everything for message in self.messages), *self.surroundings.texts]

    @property
    def record_text(self) -> str:
        """All that left, in order, as the record keeps it searchable: nothing that was found is in it."""
        on_record = [message.everything for message in self.on_record]
        return "\n\n".join([*on_record, *self.surroundings_on_record.texts])

    @property
    def policy_version(self) -> str:
        """Name the engine and the policy that made this prompt, for the record."""
        return f"{self.engine_version} {self.policy.version}"

    def may_go_to(self, egress_class: str) -> bool:
        """Say whether a model of this class may have it: one of the policy's own class, any in the default profile."""
        return self.policy is DEFAULT or egress_class == self.policy.egress_class

    def to_bytes(self) -> bytes:
        """Give the messages as canonical JSON: sorted keys, no spaces, ASCII."""
        plain = [{"role": message.role, "content": message.everything} for message in self.messages]
        return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii")


def is_genuine(prompt: object) -> bool:
    """Say whether `scrub` made this very object (the gateway asks before it sends)."""
    return type(prompt) is Scrubbed and getattr(prompt, "_seal", None) is _ONLY_THIS_MODULE


async def scrub(
    drafts: Sequence[Draft],
    *,
    vault: Vault,
    policy: Policy = DEFAULT,
    on_progress: engine.Progress | None = None,
    surroundings: Surroundings = NOTHING_ELSE,
) -> Scrubbed:
    """
    Mask every draft with the conversation's vault, which learns the new values; save it before anything is sent.

    Drafts are looked through one after the other, so that a long conversation waits its turn like a short question.

    :raises ScrubberUnavailable: if the engine fails, is late or contradicts itself; nothing may be sent then.
    :raises ScrubIncomplete: if a known value is still in the result.
    :raises MessageBlocked: if something is found that the policy refuses.
    :raises MessageHeld: if something is found that the person must confirm first; save the vault then, too.
    """
    if any(draft.role not in ROLES for draft in drafts):
        raise ValueError("A draft's role is system, user, assistant or tool.")
    plan = Plan(drafts, surroundings)
    found = await _found(plan, on_progress)
    weight = sum(len(look.text) for look in plan.looks) + len(plan.leaves) * WEIGHT_OF_A_LEAF
    if policy.lets_something_out:
        weight += len(vault.placeholders) * WEIGHT_OF_A_VALUE
    if weight > ON_THE_LOOP:
        return await asyncio.to_thread(_masked, drafts, found, vault, policy, plan)
    return _masked(drafts, found, vault, policy, plan)


async def _found(plan: Plan, on_progress: engine.Progress | None) -> list[tuple[Finding, ...]]:
    whole, done = sum(len(look.text) for look in plan.looks if look.findings is None), 0
    found: list[tuple[Finding, ...]] = []
    for look in plan.looks:
        if look.findings is not None:
            found.append(look.findings)
            continue
        share = _share(on_progress, len(look.text), done, whole)
        found.append(await engine.detect_async(look.text, on_progress=share))
        done += len(look.text)
    return found


def _share(on_progress: engine.Progress | None, length: int, done: int, whole: int) -> engine.Progress | None:
    """Turn the progress in one text into the progress in all of them."""
    if on_progress is None:
        return None
    return lambda part: on_progress((done + part * length) / whole)


def _masked(
    drafts: Sequence[Draft],
    found: Sequence[tuple[Finding, ...]],
    vault: Vault,
    policy: Policy = DEFAULT,
    plan: Plan | None = None,
) -> Scrubbed:
    plan = Plan(drafts) if plan is None else plan
    try:
        shared_out = plan.shared_out(found)
    except MalformedFinding:
        raise engine.ScrubberUnavailable from None
    leaves = _until_clean(plan.leaves, shared_out, vault, policy)
    _require_allowed(plan.leaves, leaves, policy)
    for_the_record = policy.for_the_record() if policy.lets_something_out else None
    on_record = _until_clean(plan.leaves, shared_out, vault, for_the_record) if for_the_record else leaves
    masked, everything = _spans(leaves), _spans(on_record)
    messages, surroundings, aliases = _assembled(plan, drafts, leaves)
    messages_on_record, surroundings_on_record, _ = _assembled(plan, drafts, on_record)
    return Scrubbed(
        messages,
        tuple(masked.values()),
        engine.version_in_use(),
        made_by=_ONLY_THIS_MODULE,
        policy=policy,
        in_clear=tuple(span for placeholder, span in everything.items() if placeholder not in masked),
        on_record=messages_on_record,
        surroundings=surroundings,
        surroundings_on_record=surroundings_on_record,
        function_names={alias: name for name, alias in aliases.items()},
    )


def _assembled(
    plan: Plan, drafts: Sequence[Draft], leaves: Sequence[ScrubbedMessage]
) -> tuple[tuple[ScrubbedMessage, ...], Surroundings, dict[str, str]]:
    """Put the masked leaves together: the messages, what goes along, and the other names of functions."""
    texts = [leaf.text for leaf in leaves]
    aliases = plan.aliases(texts)
    messages = tuple(
        ScrubbedMessage(
            draft.role,
            one.text,
            tuple(_spans([leaves[number] for number in one.leaves]).values()),
            one.calls,
            plan.own_id(draft.call_id),
        )
        for draft, one in zip(drafts, plan.messages(texts, aliases), strict=True)
    )
    return messages, plan.surroundings(texts, aliases), aliases


def _until_clean(
    drafts: Sequence[Draft], found: Sequence[tuple[Finding, ...]], vault: Vault, policy: Policy
) -> tuple[ScrubbedMessage, ...]:
    """Mask until nothing that must not leave is left: what a round teaches may show more in the next."""
    enforcement = Enforcement(policy, placeholders=vault.placeholders, known=vault.known)
    own = [[*findings, *literals.find(draft.text)] for draft, findings in zip(drafts, found, strict=True)]
    for _ in range(ROUNDS):
        messages = _one_round(drafts, own, vault, enforcement)
        enforcement.learn(vault.placeholders)
        if not any(_has_leftovers(message, vault, enforcement) for message in messages):
            return messages
    raise ScrubIncomplete


def _one_round(
    drafts: Sequence[Draft], own: Sequence[Sequence[Finding]], vault: Vault, enforcement: Enforcement
) -> tuple[ScrubbedMessage, ...]:
    try:
        settled = enforcement.settle([draft.text for draft in drafts], own)
        return tuple(_message(draft, findings, vault) for draft, findings in zip(drafts, settled, strict=True))
    except MalformedFinding:
        raise engine.ScrubberUnavailable from None


def _require_allowed(drafts: Sequence[Draft], messages: Sequence[ScrubbedMessage], policy: Policy) -> None:
    """Refuse, or hold for a confirmation, what the policy does not simply mask."""
    concerns = [
        Concern(span.type, span.placeholder, draft.place)
        for draft, message in zip(drafts, messages, strict=True)
        for span in message.masked
    ]
    for treatment, refusal in ((Treatment.BLOCK, MessageBlocked), (Treatment.WARN, MessageHeld)):
        matching = [one for one in concerns if policy.rule(one.type).treatment == treatment]
        if matching:
            raise refusal(matching)


def _message(draft: Draft, findings: Sequence[Finding], vault: Vault) -> ScrubbedMessage:
    findings = masking.widened(draft.text, findings)
    text = vault.mask(draft.text, findings)
    spans: dict[str, MaskedSpan] = {}
    for finding in findings:
        placeholder = vault.placeholder_for(finding.type, draft.text[finding.start : finding.end])
        spans.setdefault(placeholder, MaskedSpan(finding.type, placeholder, finding.score, finding.reason))
    return ScrubbedMessage(draft.role, text, tuple(spans.values()))


def _spans(messages: Sequence[ScrubbedMessage]) -> dict[str, MaskedSpan]:
    """List what was masked by placeholder, each once, in the order of first appearance."""
    spans: dict[str, MaskedSpan] = {}
    for message in messages:
        for span in message.masked:
            spans.setdefault(span.placeholder, span)
    return spans


def _has_leftovers(message: ScrubbedMessage, vault: Vault, enforcement: Enforcement) -> bool:
    """Look once more, in what is about to leave, for every value that must not."""
    between = PLACEHOLDER.sub(lambda match: _stand_in(vault.placeholders.get(match[0], match[0])), message.text)
    return any(leftover.end - leftover.start > SHORTEST_CHECKED for leftover in enforcement.spread(between))


def _stand_in(value: str) -> str:
    """Give a short text with the same word boundaries as `value`, and nothing of it."""
    first, last = value[0], value[-1]
    return (_like(first) if first.isalnum() else " ") + (
        _like(last) if last.isalnum() or ON_A_LETTER.match(last) else " "
    )


def _like(edge: str) -> str:
    """Give a character that begins and ends words where `edge` does."""
    if OF_DENSE.match(edge):
        return A_DENSE_ONE
    return "x" if OF_LATIN.match(edge) else ANOTHER
