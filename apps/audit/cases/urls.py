"""Addresses of this room."""

from django.urls import path

from apps.audit.cases import export_views, search_views, views

app_name = "cases"
urlpatterns = [
    path("", views.cases, name="cases"),
    path("new", views.new, name="new"),
    path("open", views.open_case, name="open"),
    path("add/<uuid:exchange_id>", views.add_exchange, name="add_exchange"),
    path("searches/", search_views.saved, name="searches"),
    path("searches/save", search_views.save, name="save_search"),
    path("searches/<uuid:search_id>", search_views.open_search, name="search"),
    path("searches/<uuid:search_id>/share", search_views.share, name="share_search"),
    path("searches/<uuid:search_id>/delete", search_views.delete, name="delete_search"),
    path("snapshots/choose", search_views.choose, name="choose"),
    path("snapshots/begin", search_views.snapshot, name="snapshot"),
    path("snapshots/<uuid:snapshot_id>", search_views.snapshot_page, name="snapshot_page"),
    path("snapshots/<uuid:snapshot_id>/progress", search_views.snapshot_progress, name="snapshot_progress"),
    path("snapshots/<uuid:snapshot_id>/cancel", search_views.cancel_snapshot, name="cancel_snapshot"),
    path("exports/", export_views.exports, name="exports"),
    path("exports/new", export_views.new, name="new_export"),
    path("exports/ask", export_views.ask, name="ask_export"),
    path("exports/<uuid:export_id>", export_views.export, name="export"),
    path("exports/<uuid:export_id>/progress", export_views.progress, name="export_progress"),
    path("exports/<uuid:export_id>/start", export_views.start, name="start_export"),
    path("exports/<uuid:export_id>/cancel", export_views.cancel, name="cancel_export"),
    path("exports/<uuid:export_id>/delete", export_views.delete, name="delete_export"),
    path("exports/<uuid:export_id>/download", export_views.download, name="download"),
    path("<uuid:case_id>", views.case, name="case"),
    path("<uuid:case_id>/custody", views.chain, name="custody"),
    path("<uuid:case_id>/words", views.reword, name="reword"),
    path("<uuid:case_id>/notes", views.note, name="note"),
    path("<uuid:case_id>/close", views.close, name="close"),
    path("<uuid:case_id>/reopen", views.reopen, name="reopen"),
    path("<uuid:case_id>/confidential", views.confidential, name="confidential"),
    path("<uuid:case_id>/keep-hidden", views.keep_hidden, name="keep_hidden"),
    path("<uuid:case_id>/officer", views.hand_over, name="hand_over"),
    path("<uuid:case_id>/members", views.add_member, name="add_member"),
    path("<uuid:case_id>/members/<uuid:person_id>/remove", views.remove_member, name="remove_member"),
    path("<uuid:case_id>/exchanges/<uuid:exchange_id>/remove", views.remove_exchange, name="remove_exchange"),
]
