from django.apps import AppConfig


class StreamConfig(AppConfig):
    name = "apps.audit.stream"
    label = "stream"

    def ready(self) -> None:
        """Let the consent of an officer widen a receiver, and have the ledger compare the receivers."""
        from apps.audit.approvals.deeds import Deed, carried_out
        from apps.audit.stream import widening
        from apps.audit.stream.registers import SINKS
        from apps.ledger import registers

        carried_out(Deed.STREAM_WIDENED)(widening.carry_out)
        registers.keep(SINKS)
