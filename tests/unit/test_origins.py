"""The pattern of origins accepts what browsers send in the header `Origin`."""

import re

import pytest

from api.domain.field_patterns import ORIGIN

DEFAULT_PORTS = {"http": 80, "https": 443}


@pytest.mark.parametrize(("scheme", "default"), DEFAULT_PORTS.items())
def test_every_port_but_the_default_one_is_accepted(scheme: str, default: int):
    accepted = {
        port for port in range(70_000) if re.search(ORIGIN, f"{scheme}://shop.example:{port}")
    }

    assert accepted == {*range(1, 65_536)} - {default}


@pytest.mark.parametrize("port", ["", "01", "1e3", "+1", "100000"])
def test_a_port_is_a_number_without_leading_zeros(port: str):
    assert not re.search(ORIGIN, f"https://shop.example:{port}")
