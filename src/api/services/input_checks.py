"""Checks of administrative input, for callers that don't validate it themselves."""

import re

from api.domain.calendars import find_zone
from api.domain.field_patterns import EMAIL, ORG_ID, USER_ID, VISIBLE_NAME, describe_pattern
from api.errors import ApiError, FieldError, invalid_parameters

NAME_MAX = 100
ORG_ID_MAX = 128
USER_ID_MAX = 255  # OpenID Connect's limit for `sub`
EMAIL_MAX = 254


def check_text(field: str, value: str, pattern: str, length_max: int) -> None:
    """Raise ApiError `invalid_parameter` if the value doesn't match the pattern or is too long."""
    if len(value) > length_max:
        raise _invalid(field, f"must have at most {length_max} characters")
    if not value.isascii() and not value.encode(errors="ignore").decode() == value:
        raise _invalid(field, "must be valid UTF-8")
    if not re.search(pattern, value) or value.endswith("\n"):
        raise _invalid(field, describe_pattern(pattern))


def check_name(field: str, value: str) -> None:
    """Raise ApiError `invalid_parameter` for an empty or overlong name, or hidden characters."""
    check_text(field, value, VISIBLE_NAME, NAME_MAX)


def check_zone(field: str, value: str) -> None:
    """Raise ApiError `invalid_parameter` unless the value is the name of an IANA time zone."""
    try:
        find_zone(value)
    except ValueError as error:
        raise _invalid(field, str(error)) from error


def check_integer(field: str, value: int, least: int, most: int) -> None:
    """Raise ApiError `invalid_parameter` unless `least` <= `value` <= `most`."""
    if not least <= value <= most:
        raise _invalid(field, f"must be a whole number from {least:,} to {most:,}")


def check_org_id(value: str) -> None:
    """Raise ApiError `invalid_parameter` if the text can't be the id of an organisation."""
    check_text("org_id", value, ORG_ID, ORG_ID_MAX)


def check_user_id(value: str) -> None:
    """Raise ApiError `invalid_parameter` if the text can't be the `sub` of an ID token."""
    check_text("user_id", value, USER_ID, USER_ID_MAX)


def check_email(value: str) -> None:
    """Raise ApiError `invalid_parameter` if the text isn't an e-mail address."""
    check_text("email", value, EMAIL, EMAIL_MAX)


def _invalid(field: str, detail: str) -> ApiError:
    return invalid_parameters([FieldError(f"/{field}", "invalid", detail)])
