from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "apps.audit.review"
    label = "review"

    def ready(self) -> None:
        """Carry out at consent, say what is kept of people, offer filters, have the ledger compare what was decided."""
        from apps.audit.review import deciding, evidence  # noqa: F401  deciding registers the closing of high severity
        from apps.audit.review.keeping import ReviewRoom
        from apps.audit.review.narrowing import offer_filters
        from apps.ledger.agreement import must_agree
        from apps.privacy import erasure

        erasure.register(ReviewRoom())
        must_agree(evidence.review_agrees)
        offer_filters()
