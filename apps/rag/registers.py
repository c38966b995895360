"""What the ledger compares of documents: which collections there are, and who may read them."""

from __future__ import annotations

from apps.ledger import registers
from apps.ledger.registers import Rows, Told
from apps.ledger.stored import Cursor
from apps.ledger.vocabulary import Action

_COLLECTIONS = """
    SELECT collection.id::text, is_company_wide,
        array(SELECT team_id::text FROM rag_collectiongrant WHERE collection_id = collection.id ORDER BY 1)
    FROM rag_collection AS collection
"""


def rows(cursor: Cursor) -> Rows:
    """Read every collection's readers. One statement."""
    cursor.execute(_COLLECTIONS)
    return {key: {"is_company_wide": everybody, "teams": teams} for key, everybody, teams in cursor.fetchall()}


def apply(collections: Rows, told: Told) -> None:
    """Make, open, close or delete a collection."""
    if told.action == Action.COLLECTION_CREATED:
        collections[told.subject_id] = {"is_company_wide": told.details["company_wide"], "teams": []}
    elif told.action == Action.COLLECTION_DELETED:
        collections.pop(told.subject_id, None)
    elif (collection := collections.get(told.subject_id)) is None:
        return
    elif told.action == Action.COLLECTION_GRANT_GIVEN:
        collection["teams"] = sorted({*collection["teams"], told.details["team_id"]})
    elif told.action == Action.COLLECTION_GRANT_TAKEN:
        collection["teams"] = [team for team in collection["teams"] if team != told.details["team_id"]]
    else:
        collection["is_company_wide"] = told.details.get("is_company_wide", collection["is_company_wide"])


COLLECTIONS = registers.Register(
    "collections", "collection of documents", (
        Action.COLLECTION_CREATED, Action.COLLECTION_CHANGED, Action.COLLECTION_DELETED,
        Action.COLLECTION_GRANT_GIVEN, Action.COLLECTION_GRANT_TAKEN,
    ), rows, apply, ("rag_collection", "rag_collectiongrant"),
)  # fmt: skip
