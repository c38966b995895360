from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "apps.audit.retention"
    label = "retention"

    def ready(self) -> None:
        """Carry out at consent what two officers agreed on, say what searches hold, and have the ledger compare."""
        from apps.audit import scope
        from apps.audit.approvals.deeds import Deed, carried_out  # models can be imported only now
        from apps.audit.retention import agreement, holding, requests, schedules, searches
        from apps.ledger.agreement import must_agree
        from apps.privacy import holds

        carried_out(Deed.RETENTION_CHANGE)(schedules.carry_out)
        carried_out(Deed.HOLD_CHANGE)(holding.carry_out)
        carried_out(Deed.ERASURE)(requests.carry_out)
        holds.match_by(searches.matched)
        scope.keep_back(holding.kept_from)
        must_agree(agreement.retention_agrees)
