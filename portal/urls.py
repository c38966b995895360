"""Every address of the product, by room."""

from django.urls import include, path

from portal import errors, health

urlpatterns = [
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
    path("accounts/", include("apps.accounts.urls")),
    path("batches/", include("apps.batch.urls")),
    path("documents/", include("apps.rag.urls")),
    path("audit/approvals/", include("apps.audit.approvals.urls")),
    path("audit/review/", include("apps.audit.review.urls")),
    path("audit/overview/", include("apps.audit.overview.urls")),
    path("audit/reports/", include("apps.audit.reports.urls")),
    path("audit/cases/", include("apps.audit.cases.urls")),
    path("audit/retention/", include("apps.audit.retention.urls")),
    path("audit/stream/", include("apps.audit.stream.urls")),
    path("audit/api/", include("apps.audit.stream.api_urls")),
    path("audit/council/", include("apps.audit.council.urls")),
    path("audit/notices/", include("apps.audit.notices.urls")),
    path("audit/", include("apps.audit.urls")),
    path("record/", include("apps.audit.notices.own_urls")),
    path("console/", include("apps.console.urls")),
    path("", include("apps.api.page_urls")),
    path("", include("apps.chat.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error
