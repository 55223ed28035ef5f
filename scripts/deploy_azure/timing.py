"""Durations of a deployment: how long it waits, and how often it checks."""

from dataclasses import dataclass, field

from api.cli.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations in seconds; tests use shorter ones."""

    # Kudu's team recommends one second: a site without a request for two seconds may be recycled,
    # and then no longer knows the deployment (Azure/azure-dev issue 3658).
    poll: float = 1.0
    unknown: float = 60.0  # until a deployment that the site doesn't know counts as over
    deployment: float = 900.0
    # A new role of the app's identity for its storage takes minutes to become effective.
    accepted: float = 600.0
    accepted_retry: float = 15.0
    smoke: float = 300.0  # instances restart after a deployment
    smoke_retry: float = 2.0
    retry: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(patience_seconds=300.0, backoff_seconds_first=1.0)
    )
