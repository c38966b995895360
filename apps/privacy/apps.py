from django.apps import AppConfig
from django.conf import settings

from apps.privacy import name_model


class PrivacyConfig(AppConfig):
    name = "apps.privacy"
    label = "privacy"

    def ready(self) -> None:
        """Choose the name model that the settings name (loaded with the first text); have policies compared."""
        from apps.ledger import registers  # models can be imported only now
        from apps.privacy.registers import POLICIES

        registers.keep(POLICIES)
        name_model.choose(settings.NAME_MODEL)
