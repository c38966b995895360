from django.apps import AppConfig


class CouncilConfig(AppConfig):
    name = "apps.audit.council"
    label = "council"

    def ready(self) -> None:
        """Carry out at consent what two officers agreed on, and have the ledger compare."""
        from apps.audit.approvals.deeds import Deed, carried_out  # models can be imported only now
        from apps.audit.council import agreement, closing, opening
        from apps.ledger.agreement import must_agree

        carried_out(Deed.TEAM_CLOSED)(closing.carry_out)
        carried_out(Deed.CLOSED_OPENED)(opening.carry_out)
        must_agree(agreement.closed_agrees)
