"""The organisations and the behaviour of their users, as numbers that shape the sample data."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from records import MetricKind, Properties


@dataclass(frozen=True, slots=True)
class Profile:
    """The numbers that shape the data of one organisation."""

    slug: str
    name: str
    plan: str
    users: int
    age_days: int  # age on the first day of the data
    utc_offset_hours: int
    revenue_per_day: float

    @property
    def org_id(self) -> str:
        return f"org_{self.slug}"


PROFILES = (
    Profile("acme", "Acme Corporation", "enterprise", 28, 900, -5, 4200.0),
    Profile("globex", "Globex Industries", "growth", 20, 610, 1, 1350.0),
    Profile("initech", "Initech", "starter", 12, 240, -8, 190.0),
)
WEEKDAY_ACTIVITY = (1.0, 1.1, 1.1, 1.05, 0.9, 0.3, 0.25)  # Monday first
HOUR_ACTIVITY = (1, 1, 1, 1, 1, 1, 2, 4, 12, 19, 20, 18, 11, 16, 19, 18, 15, 10, 5, 3, 2, 2, 1, 1)
ROLE_ACTIVITY = {"viewer": 0.25, "member": 0.45, "admin": 0.6, "owner": 0.5}  # sessions per day

# Events of one step have the same timestamp, like events of one burst of calls.
STEPS: dict[tuple[str, ...], int] = {
    ("page_viewed",): 50,
    ("page_viewed", "feature_used"): 14,
    ("feature_used",): 20,
    ("search_performed",): 8,
    ("report_exported", "feature_used"): 4,
    ("dashboard_shared",): 3,
    ("support_ticket_opened",): 1,
}
ADMIN_STEPS: dict[tuple[str, ...], int] = {
    ("member_invited",): 4,
    ("invoice_paid",): 2,
    ("subscription_upgraded", "invoice_paid"): 1,
}

METRIC_KINDS = (
    MetricKind("revenue", "sum", "USD"),
    MetricKind("signups", "sum", ""),
    MetricKind("support_tickets", "sum", ""),
    MetricKind("nps", "gauge", ""),
)

# The metrics that count events of a type.
COUNTED = {"signups": "signed_up", "support_tickets": "support_ticket_opened"}

PROPERTIES: dict[str, Callable[[Random], Properties]] = {
    "signed_up": lambda rng: {"source": rng.choice(("invitation", "website", "sso"))},
    "logged_in": lambda rng: {
        "method": rng.choice(("password", "sso", "sso")),
        "device": rng.choice(("desktop", "desktop", "desktop", "mobile", "tablet")),
    },
    "page_viewed": lambda rng: {
        "path": rng.choice(("/home", "/dashboards", "/reports", "/funnels", "/settings")),
        "load_ms": round(rng.lognormvariate(5.8, 0.5)),
    },
    "feature_used": lambda rng: {
        "feature": rng.choice(("funnel", "cohort", "retention", "alert", "segment")),
        "duration_ms": round(rng.lognormvariate(6.5, 0.9)),
    },
    "search_performed": lambda rng: {
        "query_length": rng.randint(2, 40),
        "results": rng.binomialvariate(60, 0.2),
    },
    "report_exported": lambda rng: {
        "format": rng.choice(("csv", "csv", "pdf", "xlsx")),
        "rows": round(rng.lognormvariate(6.5, 1.3)),
    },
    "dashboard_shared": lambda rng: {
        "recipients": rng.randint(1, 8),
        "public": rng.choices((False, True), (9, 1))[0],
    },
    "support_ticket_opened": lambda rng: {
        "category": rng.choice(("billing", "bug", "how_to", "integration")),
        "priority": rng.choice(("low", "normal", "normal", "high")),
    },
    "member_invited": lambda rng: {"role": rng.choice(("viewer", "member", "admin"))},
    "subscription_upgraded": lambda rng: {"seats_added": rng.randint(1, 10), "interval": "month"},
    "invoice_paid": lambda rng: {
        "amount": rng.choice((49.0, 199.0, 499.5, 1250.75)),
        "currency": rng.choice(("USD", "USD", "EUR")),
    },
}
