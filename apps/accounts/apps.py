from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the checks that refuse unsafe settings."""
        from apps.accounts import checks  # noqa: F401
