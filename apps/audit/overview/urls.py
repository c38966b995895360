"""Addresses of this room."""

from django.urls import path

from apps.audit.overview import views

app_name = "overview"
urlpatterns = [path("", views.overview, name="overview")]
