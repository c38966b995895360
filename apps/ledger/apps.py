from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "apps.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Have a check of the ledger compare the registers that rooms keep."""
        from apps.ledger import agreement, registers  # models can be imported only now

        agreement.must_agree(registers.disagreements)
