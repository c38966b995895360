"""Addresses of this room."""

from django.urls import path

from apps.audit.review import drift_views, item_views, lexicon_views, queue_views

app_name = "review"
urlpatterns = [
    path("", queue_views.overview, name="queues"),
    path("figures", queue_views.rates, name="figures"),
    path("drift", drift_views.drift_page, name="drift"),
    path("queues/new", queue_views.new, name="new"),
    path("queues/define", queue_views.define, name="define"),
    path("queues/try", queue_views.try_out, name="try"),
    path("queues/<uuid:queue_id>", queue_views.queue, name="queue"),
    path("queues/<uuid:queue_id>/definition", queue_views.edit, name="edit"),
    path("queues/<uuid:queue_id>/change", queue_views.change, name="change"),
    path("queues/<uuid:queue_id>/on", queue_views.switch_on, name="switch_on"),
    path("queues/<uuid:queue_id>/off", queue_views.switch_off, name="switch_off"),
    path("queues/<uuid:queue_id>/sample", queue_views.sample, name="sample"),
    path("queues/<uuid:queue_id>/close", item_views.close_many, name="close_many"),
    path("mine", item_views.mine, name="mine"),
    path("next", item_views.take_next, name="next"),
    path("items/<uuid:item_id>/claim", item_views.claim, name="claim"),
    path("items/<uuid:item_id>/release", item_views.release, name="release"),
    path("items/<uuid:item_id>/assign", item_views.assign, name="assign"),
    path("items/<uuid:item_id>/escalate", item_views.escalate, name="escalate"),
    path("items/<uuid:item_id>/note", item_views.note, name="note"),
    path("items/<uuid:item_id>/close", item_views.close, name="close"),
    path("items/<uuid:item_id>/ask", item_views.ask_to_close, name="ask_to_close"),
    path("items/<uuid:item_id>/reopen", item_views.reopen, name="reopen"),
    path("rechecks/<uuid:recheck_id>", item_views.recheck, name="recheck"),
    path("lexicons", lexicon_views.lexicons, name="lexicons"),
    path("lexicons/new", lexicon_views.new, name="new_lexicon"),
    path("lexicons/<uuid:lexicon_id>", lexicon_views.lexicon, name="lexicon"),
    path("lexicons/<uuid:lexicon_id>/write", lexicon_views.write, name="write_lexicon"),
    path("lexicons/<uuid:lexicon_id>/compare", lexicon_views.compare, name="compare_lexicon"),
    path("versions/<uuid:version_id>/force", lexicon_views.bring_into_force, name="bring_into_force"),
    path("versions/<uuid:version_id>/try", lexicon_views.try_on_history, name="try_on_history"),
    path("trials/<uuid:trial_id>", lexicon_views.trial, name="trial"),
    path("trials/<uuid:trial_id>/stop", lexicon_views.stop_trial, name="stop_trial"),
]
