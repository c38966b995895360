from django.apps import AppConfig


class StreamConfig(AppConfig):
    name = "apps.audit.stream"
    label = "stream"

    def ready(self) -> None:
        """Have the ledger compare the receivers."""
        from apps.audit.stream.registers import SINKS  # models can be imported only now
        from apps.ledger import registers

        registers.keep(SINKS)
