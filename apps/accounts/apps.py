from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "apps.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Register the checks that refuse unsafe settings, and have the ledger compare people's rights."""
        from apps.accounts import checks  # noqa: F401
        from apps.accounts.registers import PEOPLE  # models can be imported only now
        from apps.ledger import registers

        registers.keep(PEOPLE)
