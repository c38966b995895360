"""Addresses of the chat."""

from django.urls import path

from apps.chat import looks_views, money_views, privacy_views, views

app_name = "chat"
urlpatterns = [
    path("", views.home, name="home"),
    path("looks", looks_views.looks, name="looks"),
    path("c/", views.begin, name="begin"),
    path("c/<uuid:conversation_id>/", views.conversation, name="conversation"),
    path("c/<uuid:conversation_id>/turns", views.ask, name="ask"),
    path("c/<uuid:conversation_id>/rename", views.rename, name="rename"),
    path("c/<uuid:conversation_id>/delete", views.delete, name="delete"),
    path("turns/<uuid:turn_id>/stop", views.stop, name="stop"),
    path("turns/<uuid:turn_id>/retry", views.retry, name="retry"),
    path("turns/<uuid:turn_id>/another", views.ask_another, name="ask_another"),
    path("turns/<uuid:turn_id>/left", privacy_views.what_left, name="what_left"),
    path("turns/<uuid:turn_id>/release", privacy_views.release, name="release"),
    path("turns/<uuid:turn_id>/mask-again", privacy_views.mask_again, name="mask_again"),
    path("turns/<uuid:turn_id>/send-anyway", privacy_views.send_anyway, name="send_anyway"),
    path("stops/<uuid:stop_id>/lift", money_views.lift_stop, name="lift_stop"),
    path("c/preview", privacy_views.preview_message, name="preview_new"),
    path("c/<uuid:conversation_id>/preview", privacy_views.preview_message, name="preview"),
]
