"""What batches keep of people: files of prompts under a key each, and the exchange of each line under another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from uuid import UUID

from apps.batch import files, preparing
from apps.batch.models import Batch, Line, PromptFile
from apps.batch.sealing import Sealer
from apps.ledger.facts import Json
from apps.privacy.erasure import Owner, Part, Room


class BatchRoom(Room):
    """Batches; an erased one keeps its row with counts and cost until its exchanges are purged."""

    name = "batch"

    def keys_of(self, person_id: UUID) -> set[UUID]:
        batches = Batch.objects.filter(owner_id=person_id)
        lines = Line.objects.filter(batch__in=batches)
        uploads = PromptFile.objects.filter(owner_id=person_id)
        return {key_id for rows in (batches, lines, uploads) for key_id in rows.values_list("pk", flat=True)}

    def owners_of(self, key_ids: Collection[UUID]) -> dict[UUID, Owner]:
        batches = Batch.objects.filter(pk__in=key_ids).values_list("pk", "owner_id", "team_id")
        lines = Line.objects.filter(pk__in=key_ids).values_list("pk", "batch__owner_id", "batch__team_id")
        uploads = PromptFile.objects.filter(pk__in=key_ids).values_list("pk", "owner_id", "team_id")
        return {key_id: Owner(person_id, team_id) for key_id, person_id, team_id in (*batches, *lines, *uploads)}

    def forget(self, key_ids: Collection[UUID]) -> Counter[str]:
        lines = Line.objects.filter(pk__in=key_ids).delete()[0]
        Batch.objects.filter(pk__in=key_ids).delete()
        PromptFile.objects.filter(pk__in=key_ids).delete()
        emptied = Batch.objects.filter(erased_at__isnull=False, lines=None, line_count__gt=0).delete()[0]
        return Counter(lines=lines, batches=emptied)

    def package(self, person_id: UUID) -> Iterator[Part]:
        for batch in Batch.objects.filter(owner_id=person_id).select_related("team").order_by("created_at"):
            sealer = None if batch.erased_at else Sealer(batch.pk)
            name = preparing.name_of(batch, sealer)
            about: dict[str, Json] = {
                "batch": str(batch.pk),
                "file": name,
                "team": batch.team.name,
                "model": batch.model_label,
                "state": batch.get_state_display(),
                "uploaded_at": batch.created_at.isoformat(),
            }
            lines = _lines(batch, sealer) if sealer else iter(())
            yield Part(f"batches/{batch.pk}", name, (about, *lines))
        for file in PromptFile.objects.filter(owner_id=person_id).select_related("team").order_by("created_at"):
            content: dict[str, Json] = {
                "file": files.name_of(file),
                "team": file.team.name,
                "uploaded_at": file.created_at.isoformat(),
                "content": files.content_of(file),
            }
            yield Part(f"files/{file.pk}", files.name_of(file), (content,))


def _lines(batch: Batch, sealer: Sealer) -> Iterator[dict[str, Json]]:
    for line in batch.lines.order_by("number").iterator(chunk_size=500):
        asked = sealer.prompt_of(line) if line.sealed_request else None
        yield {
            "line": line.number,
            "asked": [{"role": role, "text": text} for role, text in asked.messages] if asked else [],
            "answer": sealer.answer_of(line),
            "state": line.get_state_display(),
        }
