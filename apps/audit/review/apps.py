from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "apps.audit.review"
    label = "review"

    def ready(self) -> None:
        """Know what is carried out when a second officer consents, and tell privacy what this room keeps of people."""
        from apps.audit.review import deciding  # noqa: F401  it registers the closing of what is high in severity
        from apps.audit.review.keeping import ReviewRoom
        from apps.privacy import erasure

        erasure.register(ReviewRoom())
