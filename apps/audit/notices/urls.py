"""Addresses of this room at the desk."""

from django.urls import path

from apps.audit.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.templates, name="templates"),
    path("write", views.write_new, name="write_new"),
    path("objections", views.objections, name="objections"),
    path("objections/<uuid:objection_id>/answer", views.answer, name="answer"),
    path("exchanges/<uuid:exchange_id>/send", views.send, name="send"),
    path("templates/<uuid:template_id>", views.template, name="template"),
    path("templates/<uuid:template_id>/write", views.write_version, name="write_version"),
    path("templates/<uuid:template_id>/on", views.switch_on, name="switch_on"),
    path("templates/<uuid:template_id>/off", views.switch_off, name="switch_off"),
]
