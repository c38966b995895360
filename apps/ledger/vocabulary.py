"""
Every word the ledger knows. One enum, `Action`, is the whole vocabulary of events; any room adds its actions to it.

An action is named OBJECT_DEED in the past tense of what happened, and never renamed once released: old rows keep it.
"""

from __future__ import annotations

from django.db.models import TextChoices


class Door(TextChoices):
    """How an exchange came in."""

    BROWSER = "BROWSER", "Browser"
    API = "API", "API"
    TASK = "TASK", "Background task"


class Purpose(TextChoices):
    """What a call to a model was for."""

    CHAT = "CHAT", "Chat"
    TITLE = "TITLE", "Conversation title"
    CONNECTION_TEST = "CONNECTION_TEST", "Connection test"
    EMBEDDING = "EMBEDDING", "Embedding"


class OutcomeKind(TextChoices):
    """How an exchange ended. An exchange without an outcome is still in progress."""

    ANSWERED = "ANSWERED", "Answered"
    REFUSED = "REFUSED", "Refused, nothing was sent"
    STOPPED = "STOPPED", "Stopped by the person"
    FAILED = "FAILED", "The model did not finish"
    UNKNOWN = "UNKNOWN", "Sent, result not recorded"


class EgressClass(TextChoices):
    """Where a model runs."""

    INSIDE = "INSIDE", "Inside the network"
    OUTSIDE = "OUTSIDE", "Outside the network"


class Action(TextChoices):
    """Every act of a person or of the product that the ledger records as an event."""

    # Signing in
    SIGNED_IN = "SIGNED_IN", "Signed in"
    SIGNED_OUT = "SIGNED_OUT", "Signed out"
    SIGN_IN_FAILED = "SIGN_IN_FAILED", "Sign-in failed"
    SIGN_IN_REFUSED = "SIGN_IN_REFUSED", "Sign-in refused"
    DEMO_SIGNED_IN = "DEMO_SIGNED_IN", "Signed in with one click (demo)"
    SESSION_ENDED = "SESSION_ENDED", "Session ended by the portal"
    IDENTITY_LINKED = "IDENTITY_LINKED", "Company identity linked to a person"
    ACCESS_DENIED = "ACCESS_DENIED", "Page refused for lack of a role"
    FORM_REFUSED = "FORM_REFUSED", "Form of another session or site refused"

    # People and teams
    PERSON_CREATED = "PERSON_CREATED", "Person created"
    PERSON_CHANGED = "PERSON_CHANGED", "Person changed"
    PERSON_DEACTIVATED = "PERSON_DEACTIVATED", "Person deactivated"
    PERSON_REACTIVATED = "PERSON_REACTIVATED", "Person reactivated"
    ROLE_GRANTED = "ROLE_GRANTED", "Role granted"
    ROLE_REVOKED = "ROLE_REVOKED", "Role revoked"
    TEAM_CREATED = "TEAM_CREATED", "Team created"
    TEAM_RENAMED = "TEAM_RENAMED", "Team renamed"
    TEAM_DELETED = "TEAM_DELETED", "Team deleted"
    MEMBER_ADDED = "MEMBER_ADDED", "Person added to a team"
    MEMBER_REMOVED = "MEMBER_REMOVED", "Person removed from a team"
    MEMBER_STANDING_CHANGED = "MEMBER_STANDING_CHANGED", "Standing in a team changed"

    # Models and money
    PROVIDER_CREATED = "PROVIDER_CREATED", "Provider created"
    PROVIDER_CHANGED = "PROVIDER_CHANGED", "Provider changed"
    PROVIDER_SWITCHED_ON = "PROVIDER_SWITCHED_ON", "Provider switched on"
    PROVIDER_SWITCHED_OFF = "PROVIDER_SWITCHED_OFF", "Provider switched off"
    PROVIDER_SECRET_CHANGED = "PROVIDER_SECRET_CHANGED", "Provider's credentials changed"
    PROVIDER_KEYS_REWRAPPED = "PROVIDER_KEYS_REWRAPPED", "Providers' keys sealed under a new master key"
    PROVIDER_TESTED = "PROVIDER_TESTED", "Provider's connection tested"
    PROVIDER_DELETED = "PROVIDER_DELETED", "Provider deleted"
    MODEL_CREATED = "MODEL_CREATED", "Model created"
    MODEL_CHANGED = "MODEL_CHANGED", "Model changed"
    MODEL_SWITCHED_ON = "MODEL_SWITCHED_ON", "Model switched on"
    MODEL_SWITCHED_OFF = "MODEL_SWITCHED_OFF", "Model switched off"
    MODEL_PRICE_CHANGED = "MODEL_PRICE_CHANGED", "Model's price changed"
    MODEL_PRICE_PLANNED = "MODEL_PRICE_PLANNED", "Model's price planned"
    MODEL_PRICE_UNPLANNED = "MODEL_PRICE_UNPLANNED", "Model's planned price withdrawn"
    MODEL_PRICE_TOOK_EFFECT = "MODEL_PRICE_TOOK_EFFECT", "Model's planned price took effect"
    MODEL_FALLBACK_SET = "MODEL_FALLBACK_SET", "Model's alternates set"
    MODEL_DOWN = "MODEL_DOWN", "Model found down"
    MODEL_UP = "MODEL_UP", "Model answers again"
    MODEL_DELETED = "MODEL_DELETED", "Model deleted"
    GRANT_GIVEN = "GRANT_GIVEN", "Model granted to a team"
    GRANT_TAKEN = "GRANT_TAKEN", "Model taken from a team"
    GRANT_CHANGED = "GRANT_CHANGED", "Time of a grant changed"
    GRANT_DENIED = "GRANT_DENIED", "Model denied"
    GRANT_DENIAL_LIFTED = "GRANT_DENIAL_LIFTED", "Denial of a model lifted"
    GRANT_REQUESTED = "GRANT_REQUESTED", "Use of a model requested"
    GRANT_REQUEST_APPROVED = "GRANT_REQUEST_APPROVED", "Requested use of a model approved"
    GRANT_REQUEST_DENIED = "GRANT_REQUEST_DENIED", "Requested use of a model refused"
    GRANT_REQUEST_WITHDRAWN = "GRANT_REQUEST_WITHDRAWN", "Request to use a model withdrawn"
    ROUTE_CHANGED = "ROUTE_CHANGED", "Automatic route of a team changed"
    BUDGET_SET = "BUDGET_SET", "Budget set"
    BUDGET_REMOVED = "BUDGET_REMOVED", "Budget removed"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED", "Budget exhausted"
    BUDGET_SOFT_LIMIT_PASSED = "BUDGET_SOFT_LIMIT_PASSED", "Budget's soft limit passed"
    BUDGET_OVERRUN = "BUDGET_OVERRUN", "Call cost more than was held for it"
    RATE_LIMIT_SET = "RATE_LIMIT_SET", "Limit of calls or tokens set"
    RATE_LIMIT_REMOVED = "RATE_LIMIT_REMOVED", "Limit of calls or tokens removed"
    LOOP_SLOWED = "LOOP_SLOWED", "Repeating program slowed"
    LOOP_AT_CEILING = "LOOP_AT_CEILING", "Call refused that would have taken a run past its ceiling"
    LOOP_STOPPED = "LOOP_STOPPED", "Repeating program stopped for a while"
    LOOP_STOP_LIFTED = "LOOP_STOP_LIFTED", "Stopped program let go on"
    LOOP_RULES_CHANGED = "LOOP_RULES_CHANGED", "Rules against repeating programs changed"
    BATCH_MARKED = "BATCH_MARKED", "Repetition marked as known work"
    BATCH_UNMARKED = "BATCH_UNMARKED", "Mark of known work taken away"
    RESERVATION_RELEASED = "RESERVATION_RELEASED", "Stale budget reservation released"

    # Documents
    COLLECTION_CREATED = "COLLECTION_CREATED", "Collection created"
    COLLECTION_CHANGED = "COLLECTION_CHANGED", "Collection changed"
    COLLECTION_DELETED = "COLLECTION_DELETED", "Collection deleted"
    COLLECTION_GRANT_GIVEN = "COLLECTION_GRANT_GIVEN", "Collection opened to a team"
    COLLECTION_GRANT_TAKEN = "COLLECTION_GRANT_TAKEN", "Collection closed to a team"
    DOCUMENT_UPLOADED = "DOCUMENT_UPLOADED", "Document uploaded"
    DOCUMENT_UPLOAD_REFUSED = "DOCUMENT_UPLOAD_REFUSED", "Document upload refused"
    DOCUMENT_READ_IN = "DOCUMENT_READ_IN", "Document read into the search"
    DOCUMENT_FAILED = "DOCUMENT_FAILED", "Document could not be read"
    DOCUMENT_OPENED = "DOCUMENT_OPENED", "Document opened"
    DOCUMENT_DOWNLOADED = "DOCUMENT_DOWNLOADED", "Document downloaded"
    DOCUMENT_DELETED = "DOCUMENT_DELETED", "Document deleted"
    DOCUMENT_RETRIED = "DOCUMENT_RETRIED", "Failed document read again"
    PASSAGE_OPENED = "PASSAGE_OPENED", "Cited passage opened"

    # Conversations and privacy
    CONVERSATION_STARTED = "CONVERSATION_STARTED", "Conversation started"
    CONVERSATION_RENAMED = "CONVERSATION_RENAMED", "Conversation renamed"
    CONVERSATION_DELETED = "CONVERSATION_DELETED", "Conversation deleted"
    CONVERSATION_MODEL_CHANGED = "CONVERSATION_MODEL_CHANGED", "Conversation's model changed"
    LEFT_TEXT_SHOWN = "LEFT_TEXT_SHOWN", "Person looked at what left"
    KEY_DESTROYED = "KEY_DESTROYED", "Conversation's key destroyed"
    DATA_KEYS_REWRAPPED = "DATA_KEYS_REWRAPPED", "Data keys wrapped under a new master key"
    SCRUBBER_FAILED = "SCRUBBER_FAILED", "Scrubber failed, nothing was sent"
    POLICY_CHANGED = "POLICY_CHANGED", "Privacy policy changed"
    POLICY_TRIED = "POLICY_TRIED", "Privacy policy tried on a text"
    VALUE_RELEASED = "VALUE_RELEASED", "Masked value released as not personal"
    VALUE_MASKED_AGAIN = "VALUE_MASKED_AGAIN", "Released value masked again"
    WARNING_CONFIRMED = "WARNING_CONFIRMED", "Sent despite the policy's warning"

    # Keys of programs
    API_KEY_CREATED = "API_KEY_CREATED", "API key made"
    API_KEY_REVOKED = "API_KEY_REVOKED", "API key revoked"
    API_KEY_HANDED_OVER = "API_KEY_HANDED_OVER", "Service key handed to another person"
    API_KEY_REFUSED = "API_KEY_REFUSED", "API key refused"

    # Batches
    BATCH_UPLOADED = "BATCH_UPLOADED", "File of prompts uploaded"
    BATCH_DISCARDED = "BATCH_DISCARDED", "File of prompts thrown away"
    BATCH_STARTED = "BATCH_STARTED", "Batch started"
    BATCH_PAUSED = "BATCH_PAUSED", "Batch paused"
    BATCH_RESUMED = "BATCH_RESUMED", "Batch resumed"
    BATCH_CANCELLED = "BATCH_CANCELLED", "Batch cancelled"
    BATCH_FINISHED = "BATCH_FINISHED", "Batch finished"
    BATCH_RUN_AGAIN = "BATCH_RUN_AGAIN", "Lines of a batch run again"
    BATCH_DOWNLOADED = "BATCH_DOWNLOADED", "Batch's results downloaded"
    BATCH_ERASED = "BATCH_ERASED", "Batch's texts erased"
    BATCH_MODEL_OPENED = "BATCH_MODEL_OPENED", "Model opened to batches"
    BATCH_MODEL_CLOSED = "BATCH_MODEL_CLOSED", "Model closed to batches"

    # The company's dictionary
    DICTIONARY_TERM_ADDED = "DICTIONARY_TERM_ADDED", "Term added to the dictionary"
    DICTIONARY_TERM_CHANGED = "DICTIONARY_TERM_CHANGED", "Term of the dictionary changed"
    DICTIONARY_TERM_REMOVED = "DICTIONARY_TERM_REMOVED", "Term removed from the dictionary"
    DICTIONARY_IMPORT_PREPARED = "DICTIONARY_IMPORT_PREPARED", "Lines for the dictionary handed in"
    DICTIONARY_IMPORT_CORRECTED = "DICTIONARY_IMPORT_CORRECTED", "Lines for the dictionary corrected"
    DICTIONARY_IMPORT_DISCARDED = "DICTIONARY_IMPORT_DISCARDED", "Lines for the dictionary thrown away"
    DICTIONARY_IMPORTED = "DICTIONARY_IMPORTED", "Terms imported into the dictionary"
    DICTIONARY_EXPORTED = "DICTIONARY_EXPORTED", "Dictionary exported"
    DICTIONARY_STAFF_INCLUDED = "DICTIONARY_STAFF_INCLUDED", "People's names included in the dictionary"
    DICTIONARY_STAFF_LEFT_OUT = "DICTIONARY_STAFF_LEFT_OUT", "People's names left out of the dictionary"

    # Records
    AUDIT_OVERVIEW_READ = "AUDIT_OVERVIEW_READ", "Read the overview"
    AUDIT_SEARCHED = "AUDIT_SEARCHED", "Searched the exchanges"
    AUDIT_PAGED = "AUDIT_PAGED", "Turned a page of the exchanges"
    AUDIT_OPENED = "AUDIT_OPENED", "Opened an exchange"
    AUDIT_UNMASKED = "AUDIT_UNMASKED", "Unmasked an exchange"
    AUDIT_EVENTS_SEARCHED = "AUDIT_EVENTS_SEARCHED", "Searched the events"
    AUDIT_EVENTS_PAGED = "AUDIT_EVENTS_PAGED", "Turned a page of the events"
    AUDIT_EXPORTED = "AUDIT_EXPORTED", "Exported an exchange"
    AUDIT_REPORTS_LISTED = "AUDIT_REPORTS_LISTED", "Looked through the monthly reports"
    AUDIT_REPORT_ASKED = "AUDIT_REPORT_ASKED", "Monthly report asked for"
    AUDIT_REPORT_FAILED = "AUDIT_REPORT_FAILED", "Monthly report not made"
    AUDIT_REPORT_DOWNLOADED = "AUDIT_REPORT_DOWNLOADED", "Monthly report downloaded"
    LOOKS_HIDDEN = "LOOKS_HIDDEN", "Looks hidden from people for a confidential case"
    LOOKS_KEPT_HIDDEN = "LOOKS_KEPT_HIDDEN", "Looks kept hidden longer, by a second officer"
    LOOKS_SHOWN = "LOOKS_SHOWN", "Looks shown to people again"
    IDENTITY_LOOKED_UP = "IDENTITY_LOOKED_UP", "Looked somebody up by name"
    IDENTITY_REVEALED = "IDENTITY_REVEALED", "Was shown who is behind a pseudonym"
    IDENTITY_HIDDEN = "IDENTITY_HIDDEN", "Hid the name behind a pseudonym"

    # What is closed to the desk
    COUNCIL_LOOKED = "COUNCIL_LOOKED", "Looked at what is closed to the desk"
    COUNCIL_TEAM_CLOSED = "COUNCIL_TEAM_CLOSED", "Team's exchanges closed to the desk"
    COUNCIL_TEAM_REOPENED = "COUNCIL_TEAM_REOPENED", "Team's exchanges no longer closed to the desk"
    COUNCIL_OPENED = "COUNCIL_OPENED", "Exchange or person of a closed team opened for a time"

    # Four eyes
    APPROVAL_ASKED = "APPROVAL_ASKED", "Second officer asked to consent"
    APPROVAL_GRANTED = "APPROVAL_GRANTED", "Second officer consented"
    APPROVAL_REFUSED = "APPROVAL_REFUSED", "Second officer refused"
    APPROVAL_WITHDRAWN = "APPROVAL_WITHDRAWN", "Request for consent withdrawn"
    APPROVAL_USED = "APPROVAL_USED", "Consent used"
    FOUR_EYES_SWITCHED_ON = "FOUR_EYES_SWITCHED_ON", "Second officer needed from now on"
    FOUR_EYES_SWITCHED_OFF = "FOUR_EYES_SWITCHED_OFF", "Second officer no longer needed"

    # Retention, holds and people's requests
    SCHEDULE_CHANGED = "SCHEDULE_CHANGED", "Time that records are kept changed"
    PURGE_CERTIFIED = "PURGE_CERTIFIED", "Records past their time purged"
    PURGE_STARTED = "PURGE_STARTED", "Purge started by an officer"
    PURGE_PAUSED = "PURGE_PAUSED", "Purge paused"
    PURGE_RESUMED = "PURGE_RESUMED", "Purge resumed"
    HOLD_PLACED = "HOLD_PLACED", "Legal hold placed"
    HOLD_LIFTED = "HOLD_LIFTED", "Legal hold lifted"
    ERASURE_REQUESTED = "ERASURE_REQUESTED", "Erasure of a person's data requested"
    ERASURE_CERTIFIED = "ERASURE_CERTIFIED", "Person's data erased"
    ERASURE_COMPLETED = "ERASURE_COMPLETED", "Erasure of a person's data completed"
    ERASURE_REAPPLIED = "ERASURE_REAPPLIED", "Destroyed again after a restore"
    PACKAGE_REQUESTED = "PACKAGE_REQUESTED", "Subject access package requested"
    PACKAGE_MADE = "PACKAGE_MADE", "Subject access package made"
    PACKAGE_DOWNLOADED = "PACKAGE_DOWNLOADED", "Subject access package downloaded"
    PACKAGE_DISCARDED = "PACKAGE_DISCARDED", "Subject access package discarded"
    AUDIT_RETENTION_OPENED = "AUDIT_RETENTION_OPENED", "Opened schedules, holds or people's requests"

    # Cases, saved searches, exports
    SEARCH_SAVED = "SEARCH_SAVED", "Search saved"
    SEARCH_SHARED = "SEARCH_SHARED", "Saved search shared with the desk"
    SEARCH_UNSHARED = "SEARCH_UNSHARED", "Saved search no longer shared"
    SEARCH_DELETED = "SEARCH_DELETED", "Saved search deleted"
    SEARCH_OPENED = "SEARCH_OPENED", "Saved search opened"
    SEARCHES_LISTED = "SEARCHES_LISTED", "Looked through the saved searches"
    CASES_LISTED = "CASES_LISTED", "Looked through the cases"
    CASE_LOOKED_AT = "CASE_LOOKED_AT", "Looked at a case"
    CASE_CUSTODY_READ = "CASE_CUSTODY_READ", "Read a case's chain of custody"
    CASE_OPENED = "CASE_OPENED", "Case opened"
    CASE_CHANGED = "CASE_CHANGED", "Case's title or reason changed"
    CASE_MADE_CONFIDENTIAL = "CASE_MADE_CONFIDENTIAL", "Case made confidential"
    CASE_CONFIDENCE_PROLONGED = "CASE_CONFIDENCE_PROLONGED", "Looks of a confidential case kept hidden longer"
    CASE_CONFIDENCE_LIFTED = "CASE_CONFIDENCE_LIFTED", "Case no longer confidential"
    CASE_HANDED_OVER = "CASE_HANDED_OVER", "Case handed to another officer"
    CASE_MEMBER_ADDED = "CASE_MEMBER_ADDED", "Member added to a case"
    CASE_MEMBER_REMOVED = "CASE_MEMBER_REMOVED", "Member removed from a case"
    CASE_EXCHANGES_ADDED = "CASE_EXCHANGES_ADDED", "Exchanges added to a case"
    CASE_EXCHANGE_REMOVED = "CASE_EXCHANGE_REMOVED", "Exchange removed from a case"
    CASE_SEARCH_STARTED = "CASE_SEARCH_STARTED", "Search begun to be added to a case"
    CASE_SEARCH_ENDED = "CASE_SEARCH_ENDED", "Search added to a case"
    CASE_NOTE_WRITTEN = "CASE_NOTE_WRITTEN", "Note written in a case"
    CASE_CLOSED = "CASE_CLOSED", "Case closed with a finding"
    CASE_REOPENED = "CASE_REOPENED", "Case opened again"
    CASE_EXPORTED = "CASE_EXPORTED", "Case exported"
    EXPORTS_LISTED = "EXPORTS_LISTED", "Looked through the exports"
    EXPORT_ASKED = "EXPORT_ASKED", "Export asked for"
    EXPORT_STARTED = "EXPORT_STARTED", "Export begun"
    EXPORT_SEALED = "EXPORT_SEALED", "Export's manifest sealed"
    EXPORT_FAILED = "EXPORT_FAILED", "Export not made"
    EXPORT_CANCELLED = "EXPORT_CANCELLED", "Export cancelled"
    EXPORT_DOWNLOADED = "EXPORT_DOWNLOADED", "Export downloaded"
    EXPORT_DELETED = "EXPORT_DELETED", "Export deleted"

    # Review
    REVIEW_LOOKED = "REVIEW_LOOKED", "Looked at the review queues"
    REVIEW_QUEUE_DEFINED = "REVIEW_QUEUE_DEFINED", "Review queue defined"
    REVIEW_QUEUE_CHANGED = "REVIEW_QUEUE_CHANGED", "Review queue changed"
    REVIEW_QUEUE_SWITCHED_ON = "REVIEW_QUEUE_SWITCHED_ON", "Review queue switched on"
    REVIEW_QUEUE_SWITCHED_OFF = "REVIEW_QUEUE_SWITCHED_OFF", "Review queue switched off"
    REVIEW_QUEUE_TRIED = "REVIEW_QUEUE_TRIED", "Review queue tried on the last days"
    REVIEW_SAMPLE_RECOMPUTED = "REVIEW_SAMPLE_RECOMPUTED", "Day of a review queue recomputed"
    REVIEW_CLAIMED = "REVIEW_CLAIMED", "Exchange taken for review"
    REVIEW_RELEASED = "REVIEW_RELEASED", "Exchange given back to its queue"
    REVIEW_ASSIGNED = "REVIEW_ASSIGNED", "Exchange assigned for review"
    REVIEW_ESCALATED = "REVIEW_ESCALATED", "Exchange escalated to level 2"
    REVIEW_NOTED = "REVIEW_NOTED", "Note written on an exchange"
    REVIEW_DECIDED = "REVIEW_DECIDED", "Exchange decided in review"
    REVIEW_REOPENED = "REVIEW_REOPENED", "Exchange opened again for review"
    REVIEW_RECHECKED = "REVIEW_RECHECKED", "Decided exchange checked by another officer"
    LEXICON_WRITTEN = "LEXICON_WRITTEN", "Version of a lexicon written"
    LEXICON_BROUGHT_INTO_FORCE = "LEXICON_BROUGHT_INTO_FORCE", "Version of a lexicon brought into force"
    LEXICON_TRIED = "LEXICON_TRIED", "Lexicon tried"
    LEXICON_TRIAL_STOPPED = "LEXICON_TRIAL_STOPPED", "Trial of a lexicon stopped"
    REVIEW_CHECKED = "REVIEW_CHECKED", "Review's rows compared with the record"

    # What people are told, and what they object to
    NOTICES_LOOKED = "NOTICES_LOOKED", "Looked at notices or objections"
    NOTICE_TEMPLATE_WRITTEN = "NOTICE_TEMPLATE_WRITTEN", "Version of a notice's template written"
    NOTICE_TEMPLATE_SWITCHED_ON = "NOTICE_TEMPLATE_SWITCHED_ON", "Template of notices offered"
    NOTICE_TEMPLATE_SWITCHED_OFF = "NOTICE_TEMPLATE_SWITCHED_OFF", "Template of notices offered no more"
    NOTICE_SENT = "NOTICE_SENT", "Person told about an exchange of theirs"
    NOTICE_ACKNOWLEDGED = "NOTICE_ACKNOWLEDGED", "Person read what they were told"
    RECORD_SHOWN = "RECORD_SHOWN", "Person looked at what was recorded of an exchange of theirs"
    OBJECTION_RAISED = "OBJECTION_RAISED", "Person objected to a record or a finding"
    OBJECTION_ANSWERED = "OBJECTION_ANSWERED", "Objection answered"

    # The ledger's own evidence
    LEDGER_KEY_INTRODUCED = "LEDGER_KEY_INTRODUCED", "Ledger's signing key introduced"
    LEDGER_KEY_ROTATED = "LEDGER_KEY_ROTATED", "Ledger's signing key changed"
    LEDGER_HOUR_CLOSED = "LEDGER_HOUR_CLOSED", "Hour of the ledger closed"
    LEDGER_ALARM_RAISED = "LEDGER_ALARM_RAISED", "Ledger's alarm raised"
    LEDGER_ALARM_ENDED = "LEDGER_ALARM_ENDED", "Ledger's alarm ended"
    LEDGER_CHECKED = "LEDGER_CHECKED", "Officer checked the ledger"
    LEDGER_PROOF_TAKEN = "LEDGER_PROOF_TAKEN", "Proof of a record downloaded"
    LEDGER_EXPORTED = "LEDGER_EXPORTED", "Records exported"
    LEDGER_RECONCILED = "LEDGER_RECONCILED", "A day's records compared with its calls"
    LEDGER_INVENTORY_TAKEN = "LEDGER_INVENTORY_TAKEN", "Rights and settings written down as they are"
    LEDGER_READ_AGAIN = "LEDGER_READ_AGAIN", "Old records read again"
    LEDGER_ALARM_ACKNOWLEDGED = "LEDGER_ALARM_ACKNOWLEDGED", "Ledger's alarm acknowledged"
    LEDGER_STAMPED = "LEDGER_STAMPED", "Checkpoint time-stamped by an authority"
    LEDGER_CLOCKS_COMPARED = "LEDGER_CLOCKS_COMPARED", "Clocks compared"

    # The stream to other systems
    STREAM_CREATED = "STREAM_CREATED", "Receiver of the stream set up"
    STREAM_WIDENED = "STREAM_WIDENED", "Receiver of the stream gets more"
    STREAM_PAUSED = "STREAM_PAUSED", "Stream to a receiver paused"
    STREAM_RESUMED = "STREAM_RESUMED", "Stream to a receiver resumed"
    STREAM_SECRET_CHANGED = "STREAM_SECRET_CHANGED", "Secret of a receiver replaced"
    STREAM_TESTED = "STREAM_TESTED", "Receiver of the stream tested"
    STREAM_REMOVED = "STREAM_REMOVED", "Receiver of the stream removed"
    STREAM_FAILED = "STREAM_FAILED", "Receiver of the stream takes nothing"
    STREAM_RECOVERED = "STREAM_RECOVERED", "Receiver of the stream takes records again"
    STREAM_PULLED = "STREAM_PULLED", "Records read by a receiver of the stream"
    STREAM_REFUSED = "STREAM_REFUSED", "Receiver of the stream asked in vain"

    # The portal itself
    PORTAL_STARTED = "PORTAL_STARTED", "Portal started"
    PORTAL_STOPPED = "PORTAL_STOPPED", "Portal stopped"
    PORTAL_READY = "PORTAL_READY", "Portal became ready"
    PORTAL_NOT_READY = "PORTAL_NOT_READY", "Portal became not ready"
    PORTAL_CLOCK_OFF = "PORTAL_CLOCK_OFF", "Clock of a portal's host found off"
    DEMO_SEEDED = "DEMO_SEEDED", "Demo company created"
    EXCHANGES_SWEPT = "EXCHANGES_SWEPT", "Open exchanges closed by the sweeper"


class Topic(TextChoices):
    """What an event is about, for the officer's filter."""

    SIGN_IN = "SIGN_IN", "Signing in"
    PEOPLE = "PEOPLE", "People and teams"
    MODELS = "MODELS", "Models and money"
    DOCUMENTS = "DOCUMENTS", "Documents"
    BATCHES = "BATCHES", "Batches"
    CONVERSATIONS = "CONVERSATIONS", "Conversations and privacy"
    KEYS = "KEYS", "Keys of programs"
    RECORDS = "RECORDS", "Work at the records"
    RETENTION = "RETENTION", "Retention, holds and requests"
    REVIEW = "REVIEW", "Review"
    LEDGER = "LEDGER", "The ledger's evidence"
    PORTAL = "PORTAL", "The portal itself"


_TOPIC_BY_FIRST_WORD = {
    "SIGNED": Topic.SIGN_IN, "SIGN": Topic.SIGN_IN, "DEMO": Topic.PORTAL, "SESSION": Topic.SIGN_IN,
    "IDENTITY": Topic.SIGN_IN, "ACCESS": Topic.SIGN_IN, "FORM": Topic.SIGN_IN,
    "PERSON": Topic.PEOPLE, "ROLE": Topic.PEOPLE, "TEAM": Topic.PEOPLE, "MEMBER": Topic.PEOPLE,
    "PROVIDER": Topic.MODELS, "MODEL": Topic.MODELS, "GRANT": Topic.MODELS, "BUDGET": Topic.MODELS,
    "RESERVATION": Topic.MODELS, "RATE": Topic.MODELS, "LOOP": Topic.MODELS,
    "ROUTE": Topic.MODELS,
    "COLLECTION": Topic.DOCUMENTS, "DOCUMENT": Topic.DOCUMENTS, "PASSAGE": Topic.DOCUMENTS,
    "CONVERSATION": Topic.CONVERSATIONS, "LEFT": Topic.CONVERSATIONS, "KEY": Topic.CONVERSATIONS,
    "SCRUBBER": Topic.CONVERSATIONS, "POLICY": Topic.CONVERSATIONS, "VALUE": Topic.CONVERSATIONS,
    "WARNING": Topic.CONVERSATIONS, "DICTIONARY": Topic.CONVERSATIONS,
    "API": Topic.KEYS, "BATCH": Topic.BATCHES,
    "AUDIT": Topic.RECORDS, "LOOKS": Topic.RECORDS, "APPROVAL": Topic.RECORDS, "FOUR": Topic.RECORDS,
    "SCHEDULE": Topic.RETENTION, "PURGE": Topic.RETENTION, "HOLD": Topic.RETENTION, "ERASURE": Topic.RETENTION,
    "PACKAGE": Topic.RETENTION,
    "SEARCH": Topic.RECORDS, "SEARCHES": Topic.RECORDS, "CASE": Topic.RECORDS, "CASES": Topic.RECORDS,
    "EXPORT": Topic.RECORDS, "EXPORTS": Topic.RECORDS,
    "COUNCIL": Topic.RECORDS,
    "REVIEW": Topic.REVIEW, "LEXICON": Topic.REVIEW,
    "NOTICES": Topic.REVIEW, "NOTICE": Topic.REVIEW, "OBJECTION": Topic.REVIEW, "RECORD": Topic.CONVERSATIONS,
    "LEDGER": Topic.LEDGER, "STREAM": Topic.LEDGER,
    "PORTAL": Topic.PORTAL, "EXCHANGES": Topic.PORTAL,
}  # fmt: skip


_TOPIC_OF_ITS_OWN = {
    Action.DEMO_SIGNED_IN: Topic.SIGN_IN,
    Action.IDENTITY_LOOKED_UP: Topic.RECORDS,
    Action.IDENTITY_REVEALED: Topic.RECORDS,
    Action.IDENTITY_HIDDEN: Topic.RECORDS,
}
# Who answers for an office is named with what they did in it; everybody else has a pseudonym at the officers' desk.
# A first word that is missing here means a pseudonym. Rooms of the desk add theirs.
_OFFICE_FIRST_WORDS = frozenset(
    {
        "PERSON", "ROLE", "TEAM", "MEMBER",
        "PROVIDER", "MODEL", "GRANT", "BUDGET", "RATE", "LOOP", "ROUTE",
        "POLICY", "DICTIONARY", "LEDGER",
        "AUDIT", "APPROVAL", "FOUR", "REVIEW", "LEXICON", "LOOKS", "SEARCH", "SEARCHES", "CASE", "CASES", "EXPORT",
        "EXPORTS", "RETENTION", "SCHEDULE", "PURGE", "HOLD", "ERASURE", "STREAM", "COUNCIL", "NOTICES", "NOTICE",
    }
)  # fmt: skip
_OFFICE_ALONE = frozenset(
    {
        Action.IDENTITY_LOOKED_UP, Action.IDENTITY_REVEALED, Action.IDENTITY_HIDDEN, Action.BATCH_MARKED,
        Action.BATCH_UNMARKED, Action.BATCH_MODEL_OPENED, Action.BATCH_MODEL_CLOSED, Action.OBJECTION_ANSWERED,
    }
)  # fmt: skip
_NOT_IN_OFFICE = frozenset(
    {
        Action.GRANT_REQUESTED, Action.GRANT_REQUEST_WITHDRAWN, Action.LOOP_STOP_LIFTED, Action.NOTICE_ACKNOWLEDGED,
    }
)  # fmt: skip


def is_of_office(action: str) -> bool:
    """Say whether `action` is done by people in an office (admins, officers, auditors), who answer for it by name."""
    if action in _NOT_IN_OFFICE:
        return False
    return action in _OFFICE_ALONE or action.partition("_")[0] in _OFFICE_FIRST_WORDS


def topic_of(action: str) -> Topic:
    """Say what `action` is about: decided by the first word of its name, and "the portal itself" where none fits."""
    if action in _TOPIC_OF_ITS_OWN:
        return _TOPIC_OF_ITS_OWN[Action(action)]
    return _TOPIC_BY_FIRST_WORD.get(action.partition("_")[0], Topic.PORTAL)


def actions_about(topic: str) -> list[str]:
    """List the actions of `topic`, in the order of the vocabulary."""
    return [action.value for action in Action if topic_of(action.value) == topic]


def action_label(action: str) -> str:
    """Say `action` in words; a code that this version does not know is shown as it stands."""
    return Action(action).label if action in Action.values else action
