"""Addresses of everybody's own record."""

from django.urls import path

from apps.audit.notices import own_views

app_name = "record"
urlpatterns = [
    path("", own_views.mine, name="mine"),
    path("notices", own_views.notices, name="notices"),
    path("notices/<uuid:notice_id>/read", own_views.acknowledge, name="acknowledge"),
    path("<uuid:exchange_id>", own_views.exchange, name="exchange"),
    path("<uuid:exchange_id>/object", own_views.object_to, name="object"),
]
