from django.apps import AppConfig
from django.conf import settings

from apps.privacy import name_model


class PrivacyConfig(AppConfig):
    name = "apps.privacy"
    label = "privacy"

    def ready(self) -> None:
        """Choose the name model that the settings name; it is loaded with the first text."""
        name_model.choose(settings.NAME_MODEL)
