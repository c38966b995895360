"""The demo company's dictionary: two customers, a code name, and the company's own name, which is no secret."""

from __future__ import annotations

from datetime import datetime

from apps.privacy import dictionary_terms
from apps.privacy.dictionary_models import DictionaryEntry

Kind = DictionaryEntry.Kind
TERMS = (
    ("Brightwater Clinics", Kind.CUSTOMER),
    ("Halden Water Works", Kind.CUSTOMER),
    ("Northlight", Kind.CODE_NAME),
    ("Larkfield Instruments", Kind.ALLOWED),
)


def seed_demo(*, now: datetime) -> None:
    """Put the demo's terms into an empty dictionary; one that an admin has begun stays as it is."""
    if DictionaryEntry.objects.exists():
        return
    dictionary_terms.bring(
        [dictionary_terms.checked(term, kind=kind, is_exact=False) for term, kind in TERMS], by=None, now=now
    )
