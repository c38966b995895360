"""Addresses of this room."""

from django.urls import path

from apps.audit.approvals import views

app_name = "approvals"
urlpatterns = [
    path("", views.approvals, name="approvals"),
    path("<uuid:approval_id>/grant", views.grant, name="grant"),
    path("<uuid:approval_id>/refuse", views.refuse, name="refuse"),
    path("<uuid:approval_id>/withdraw", views.withdraw, name="withdraw"),
    path("rules/<str:deed>/two", views.ask_for_two, name="ask_for_two"),
    path("rules/<str:deed>/one", views.ask_for_one, name="ask_for_one"),
]
