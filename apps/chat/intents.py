"""What goes on the record of a browser's call before it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from apps.chat.composition import PROMPT_VERSION
from apps.chat.recording import PAYLOAD, payload_of, sealed_typed
from apps.gateway import leases
from apps.ledger import records
from apps.ledger.facts import Circumstances, PassageFact
from apps.ledger.vocabulary import Door, Purpose

if TYPE_CHECKING:
    from apps.chat.jobs import Job
    from apps.gateway.admission import Admission
    from apps.privacy.keys import ConversationKey
    from apps.privacy.scrub import Scrubbed
    from apps.rag.search import Hit


def facts_of(
    job: Job,
    data_key: ConversationKey,
    *,
    admission: Admission,
    prompt: Scrubbed,
    passages: Sequence[Hit] = (),
    labels: Sequence[str] = (),
    now: datetime,
) -> records.IntentFacts:
    """Give what is put on the record of a turn's call before it leaves."""
    return {
        "who": job.who,
        "door": Door.BROWSER,
        "purpose": Purpose.CHAT,
        "conversation_id": job.conversation_id,
        "turn_id": job.turn_id,
        "model_label": admission.model_label,
        "provider_label": admission.provider_label,
        "egress_class": admission.egress_class,
        "sealed_payload": data_key.box(PAYLOAD).seal(payload_of(prompt, passages, labels)),
        "left_text": prompt.record_text,
        "masked": prompt.masked,
        "passages": [PassageFact(hit.passage_id, hit.document_id, hit.permission) for hit in passages],
        "policy_version": prompt.policy_version,
        "prompt_version": PROMPT_VERSION,
        "circumstances": _circumstances(job, admission),
        "sealed_typed": sealed_typed(job.data_key, job.typed),
        "now": now,
        "lease_until": now + leases.LEASE,
        "reservation_id": admission.reservation_id,
    }


def _circumstances(job: Job, admission: Admission) -> Circumstances:
    told = job.route.told(admission) if job.route else admission.circumstances
    return replace(told, replaces_turn_id=job.replaces_turn_id)
