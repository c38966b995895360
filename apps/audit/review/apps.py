from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "apps.audit.review"
    label = "review"

    def ready(self) -> None:
        """Know what is carried out when a second officer consents, and have the ledger compare what was decided."""
        from apps.audit.review import deciding, evidence  # noqa: F401  deciding registers the closing of high severity
        from apps.ledger.agreement import must_agree

        must_agree(evidence.review_agrees)
