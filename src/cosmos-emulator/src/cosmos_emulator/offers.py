"""Provisioned throughput: the limits of a request, and the offer that stores it.

https://learn.microsoft.com/rest/api/cosmos-db/offers describes the resource, and
https://learn.microsoft.com/azure/cosmos-db/concepts-limits lists the limits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Self

import orjson

from cosmos_emulator.errors import bad_request
from cosmos_emulator.messages import Request
from cosmos_emulator.query.values import Json, is_object, is_whole

MANUAL_MIN, MANUAL_STEP = 400, 100  # request units per second
AUTOSCALE_MIN, AUTOSCALE_STEP = 1_000, 1_000
AUTOSCALE_FLOOR = 10  # an autoscale offer scales down to a tenth of its maximum
THROUGHPUT_MAX = 1_000_000
# A new container gets one physical partition per 6,000 request units per second. Later, a physical
# partition serves up to 10,000:
# https://learn.microsoft.com/azure/cosmos-db/scaling-provisioned-throughput-best-practices
NEW_PARTITION_THROUGHPUT = 6_000
PARTITION_THROUGHPUT_MAX = 10_000

MANUAL_HEADER = "x-ms-offer-throughput"
AUTOSCALE_HEADER = "x-ms-cosmos-offer-autopilot-settings"


@dataclass(frozen=True, slots=True)
class Throughput:
    """A valid provisioned throughput, either manual or, if `autoscale` is set, autoscale."""

    peak: int  # request units per second
    autoscale: Mapping[str, Json] | None = None  # the settings as the client sent them

    @classmethod
    def requested(cls, request: Request) -> Self | None:
        """Return the throughput in the headers of a request, or None if there is none.

        Raises 400 for an invalid throughput, or for both a manual and an autoscale throughput.
        """
        manual, settings = request.header(MANUAL_HEADER), request.header(AUTOSCALE_HEADER)
        if manual and settings:
            raise bad_request(
                "Only one of the headers x-ms-offer-throughput and"
                " x-ms-cosmos-offer-autopilot-settings can be specified."
            )
        if settings:
            return cls.of_settings(_json(settings))
        return cls.of_manual(_json(manual)) if manual else None

    @classmethod
    def of_manual(cls, value: Json) -> Self:
        """Return a manual throughput. Raises 400 if it is invalid."""
        if not is_whole(value) or not _is_step(value, MANUAL_MIN, MANUAL_STEP):
            raise bad_request(
                "The offer should have valid throughput values between 400 and 1000000 inclusive in"
                " increments of 100."
            )
        return cls(int(value))

    @classmethod
    def of_settings(cls, settings: Json) -> Self:
        """Return an autoscale throughput. Raises 400 if its settings are invalid."""
        peak = settings.get("maxThroughput") if is_object(settings) else None
        if not is_object(settings) or not is_whole(peak):
            raise bad_request("The autopilot settings must contain a number 'maxThroughput'.")
        if peak < AUTOSCALE_MIN:
            raise bad_request(
                f"Requested throughput {peak} is less than required minimum throughput"
                f" {AUTOSCALE_MIN}."
            )
        if not _is_step(peak, AUTOSCALE_MIN, AUTOSCALE_STEP):
            raise bad_request(
                "The autopilot settings should have a maxThroughput between 1000 and 1000000"
                " inclusive in increments of 1000."
            )
        return cls(int(peak), settings)

    @classmethod
    def stated(cls, content: Mapping[str, Json]) -> Self:
        """Return the throughput in the `content` of an offer. Raises 400 if it is invalid."""
        if settings := content.get("offerAutopilotSettings"):
            return cls.of_settings(settings)
        return cls.of_manual(content.get("offerThroughput"))

    @property
    def new_partitions(self) -> int:
        """Return the number of physical partitions of a new container."""
        return ceil(self.peak / NEW_PARTITION_THROUGHPUT)

    @property
    def partitions_min(self) -> int:
        """Return the number of physical partitions that an existing container must have."""
        return ceil(self.peak / PARTITION_THROUGHPUT_MAX)

    def content(self, peak_ever: int = 0) -> dict[str, Json]:
        """Return the `content` of an offer."""
        content: dict[str, Json] = {
            "offerThroughput": self.peak // AUTOSCALE_FLOOR if self.autoscale else self.peak,
            "offerIsRUPerMinuteThroughputEnabled": False,
            "offerMinimumThroughputParameters": {
                "maxThroughputEverProvisioned": max(self.peak, peak_ever),
                "maxConsumedStorageEverInKB": 0,
            },
        }
        return content | ({"offerAutopilotSettings": self.autoscale} if self.autoscale else {})


DEFAULT = Throughput(MANUAL_MIN)  # of a container that is created without a throughput


def offer(throughput: Throughput, link: str, rid: str) -> dict[str, Json]:
    """Return the offer of a database or container without its system properties."""
    return {
        "offerVersion": "V2",
        "offerType": "Invalid",  # the type of every offer with a number of request units
        "content": throughput.content(),
        "resource": link,
        "offerResourceId": rid,
    }


def replaced(old: Mapping[str, Any], body: Json, request: Request) -> tuple[Throughput, Json]:
    """Return the new throughput of an offer, and the offer's new content.

    The headers for a migration replace a manual throughput by an autoscale throughput of the same
    maximum, or the reverse. Raises 400 for an invalid throughput, or for one below a hundredth of
    the highest throughput that was ever provisioned.
    """
    content = body.get("content") if is_object(body) else None
    if not is_object(content):
        raise bad_request("The offer must contain a property 'content'.")
    throughput = _migrated(old, request) or Throughput.stated(content)
    ever = int(old["content"]["offerMinimumThroughputParameters"]["maxThroughputEverProvisioned"])
    if throughput.peak < throughput_min(ever):
        raise bad_request(
            f"The offer should have a throughput of at least {throughput_min(ever)}, because"
            f" {ever} request units per second were provisioned before."
        )
    return throughput, throughput.content(ever)


def throughput_min(peak_ever: int) -> int:
    """Return the lowest throughput to which an offer can be changed."""
    return max(MANUAL_MIN, ceil(peak_ever / 100 / MANUAL_STEP) * MANUAL_STEP)


def _migrated(old: Mapping[str, Any], request: Request) -> Throughput | None:
    content: dict[str, Any] = old["content"]
    if request.flag("x-ms-cosmos-migrate-offer-to-autopilot"):
        peak = max(AUTOSCALE_MIN, ceil(content["offerThroughput"] / AUTOSCALE_STEP) * 1_000)
        return Throughput(peak, {"maxThroughput": peak})
    if request.flag("x-ms-cosmos-migrate-offer-to-manual-throughput"):
        return Throughput(Throughput.stated(content).peak)
    return None


def _is_step(value: float, low: int, step: int) -> bool:
    return low <= value <= THROUGHPUT_MAX and value % step == 0


def _json(text: str) -> Json:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise bad_request(f"The throughput '{text}' is invalid.") from None
