"""Addresses of this room."""

from django.urls import path
from django.views.generic import RedirectView

from apps.audit import formatted_views, name_views, views
from apps.audit.formatted_views import ANSWER, LEFT
from apps.audit.integrity import OUTCOME, QUESTION

app_name = "audit"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="overview:overview")),
    path("exchanges", views.exchanges, name="exchanges"),
    path("exchanges/<uuid:exchange_id>", views.exchange, name="exchange"),
    path("exchanges/<uuid:exchange_id>/formatted/left", formatted_views.text, {"part": LEFT}, name="formatted_left"),
    path(
        "exchanges/<uuid:exchange_id>/formatted/answer", formatted_views.text, {"part": ANSWER}, name="formatted_answer"
    ),
    path("exchanges/<uuid:exchange_id>/original", views.original, name="original"),
    path("exchanges/<uuid:exchange_id>/original/ask", views.ask_original, name="ask_original"),
    path("exchanges/<uuid:exchange_id>/proof/question", views.proof, {"part": QUESTION}, name="proof_question"),
    path("exchanges/<uuid:exchange_id>/proof/outcome", views.proof, {"part": OUTCOME}, name="proof_outcome"),
    path("people", name_views.people, name="people"),
    path("people/reveal", name_views.reveal, name="reveal"),
    path("people/find", name_views.find, name="find"),
    path("people/hide", name_views.hide, name="hide"),
    path("ledger", views.ledger, name="ledger"),
    path("ledger/check", views.ledger_check, name="ledger_check"),
    path("ledger/acknowledge", views.ledger_acknowledge, name="ledger_acknowledge"),
    path("events", views.events, name="events"),
]
