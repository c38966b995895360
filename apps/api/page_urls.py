"""Addresses of the pages about keys; the addresses that programs use are in urls.py."""

from django.urls import path

from apps.api import admin_pages, pages

app_name = "keys"
urlpatterns = [
    path("keys/", pages.mine, name="mine"),
    path("keys/teams/<uuid:team_id>/add/", pages.add, name="add"),
    path("keys/services/add/", pages.add_service, name="service_add"),
    path("keys/<uuid:key_id>/", pages.key, name="key"),
    path("keys/<uuid:key_id>/revoke/", pages.revoke, name="revoke"),
    path("keys/<uuid:key_id>/hand-over/", pages.hand_over, name="hand_over"),
    path("console/keys/", admin_pages.every_key, name="every_key"),
]
