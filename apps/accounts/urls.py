"""Addresses of this room. Nothing of allauth is mounted: its callback is ours, and its other pages do not exist."""

from django.urls import path

from apps.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.show_sign_in, name="sign_in"),
    path("sign-in/demo/", views.demo_sign_in, name="demo_sign_in"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("again/", views.again, name="again"),
    path("profile/", views.profile, name="profile"),
    path("oidc/begin/", views.oidc_begin, name="oidc_begin"),
    path("oidc/callback/", views.oidc_callback, name="oidc_callback"),
]
