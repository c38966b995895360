from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "apps.audit.review"
    label = "review"

    def ready(self) -> None:
        """Know what a second officer's consent carries out, tell privacy what this room keeps, offer its filters."""
        from apps.audit.review import deciding  # noqa: F401  it registers the closing of what is high in severity
        from apps.audit.review.keeping import ReviewRoom
        from apps.audit.review.narrowing import offer_filters
        from apps.privacy import erasure

        erasure.register(ReviewRoom())
        offer_filters()
