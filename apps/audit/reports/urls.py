"""Addresses of this room."""

from django.urls import path

from apps.audit.reports import views

app_name = "reports"
urlpatterns = [
    path("", views.reports, name="reports"),
    path("make", views.make, name="make"),
    path("<uuid:report_id>/download", views.download, name="download"),
]
