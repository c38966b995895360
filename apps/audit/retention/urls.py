"""Addresses of this room."""

from django.urls import path

from apps.audit.retention import hold_views, request_views, schedule_views

app_name = "retention"
urlpatterns = [
    path("", schedule_views.page, name="schedules"),
    path("change", schedule_views.change, name="change"),
    path("purge", schedule_views.purge_piece, name="purge"),
    path("purge/start", schedule_views.start, name="purge_start"),
    path("purge/pause", schedule_views.pause, name="purge_pause"),
    path("purge/resume", schedule_views.resume, name="purge_resume"),
    path("holds", hold_views.page, name="holds"),
    path("holds/place", hold_views.place, name="hold_place"),
    path("holds/<uuid:hold_id>/lift", hold_views.lift, name="hold_lift"),
    path("requests", request_views.page, name="requests"),
    path("requests/list", request_views.list_piece, name="request_list"),
    path("requests/package", request_views.package, name="package"),
    path("requests/erasure", request_views.erasure, name="erasure"),
    path("requests/<uuid:request_id>/download", request_views.download, name="download"),
    path("requests/<uuid:request_id>/discard", request_views.discard, name="discard"),
    path("mine", request_views.mine, name="mine"),
    path("mine/<uuid:request_id>", request_views.download_mine, name="download_mine"),
]
