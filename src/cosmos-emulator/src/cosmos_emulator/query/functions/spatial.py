"""Spatial functions: https://learn.microsoft.com/azure/cosmos-db/nosql/query/geospatial-query.

Distances and areas are geodesic, on the ellipsoid of WGS-84. They need the package geographiclib.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from itertools import pairwise
from typing import Any

from cosmos_emulator.query import limits
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.functions.function import Function, any_value, any_values
from cosmos_emulator.query.functions.geojson import (
    Edge,
    Geometry,
    InvalidGeometryError,
    Line,
    Position,
    crosses,
    geometry_of,
)
from cosmos_emulator.query.values import UNDEFINED, Value, tidy


@lru_cache(maxsize=1)
def _ellipsoid() -> Any:  # noqa: ANN401  the package is untyped
    try:
        return import_module("geographiclib.geodesic").Geodesic.WGS84
    except ImportError:
        message = "ST_DISTANCE and ST_AREA need geographiclib: install cosmos-emulator[spatial]."
        raise QueryError("SC2005", message) from None


def _geometry(value: Value) -> Geometry | None:
    try:
        return geometry_of(value)
    except InvalidGeometryError:
        return None


def _of_two(function: Callable[[Geometry, Geometry], Value]) -> Function:
    """Return a function of two geometries. It is undefined if one of them is invalid."""

    def computed(left: Value, right: Value) -> Value:
        one, other = _geometry(left), _geometry(right)
        return UNDEFINED if one is None or other is None else function(one, other)

    return any_values(computed, 2)


def _crossing(one: Geometry, other: Geometry) -> bool:
    edges = list(other.edges())
    for edge in one.edges():
        limits.remaining()
        if any(crosses(edge, against) for against in edges):
            return True
    return False


def _touches(inner: Geometry, outer: Geometry) -> bool:
    for position in inner.positions():
        limits.remaining()
        if outer.contains(position):
            return True
    return False


def _intersect(one: Geometry, other: Geometry) -> bool:
    return _touches(one, other) or _touches(other, one) or _crossing(one, other)


def _within(inner: Geometry, outer: Geometry) -> bool:
    for position in inner.positions():
        limits.remaining()
        if not outer.contains(position):
            return False
    return not _crossing(inner, outer)


def _distance(one: Geometry, other: Geometry) -> Value:
    if _intersect(one, other):
        return 0
    return tidy(min(_nearest(one, other), _nearest(other, one)))


def _nearest(one: Geometry, other: Geometry) -> float:
    """Return the shortest distance from the positions of one geometry to another geometry."""
    edges = list(other.edges()) + [(point, point) for point in other.points]
    shortest = math.inf
    for position in one.positions():
        limits.remaining()
        closest = min((_closest(position, edge) for edge in edges), key=_measure(position))
        shortest = min(shortest, _metres(position, closest))
    return shortest


def _measure(position: Position) -> Callable[[Position], float]:
    """Return a function that compares distances from a position on a plane."""
    scale = math.cos(math.radians(position[1]))
    return lambda other: math.hypot((other[0] - position[0]) * scale, other[1] - position[1])


def _closest(position: Position, edge: Edge) -> Position:
    """Return the position on an edge that is closest to another position, on a plane."""
    (x1, y1), (x2, y2) = edge
    scale = math.cos(math.radians(position[1]))
    dx, dy = (x2 - x1) * scale, y2 - y1
    length = dx * dx + dy * dy
    if not length:
        return edge[0]
    along = ((position[0] - x1) * scale * dx + (position[1] - y1) * dy) / length
    share = min(max(along, 0), 1)
    return x1 + (x2 - x1) * share, y1 + (y2 - y1) * share


def _metres(one: Position, other: Position) -> float:
    return _ellipsoid().Inverse(one[1], one[0], other[1], other[0])["s12"]


def _area(value: Value) -> Value:
    geometry = _geometry(value)
    if geometry is None:
        return UNDEFINED
    areas = ([_ring_area(ring) for ring in rings] for rings in geometry.polygons)
    return tidy(sum(exterior - sum(holes) for exterior, *holes in areas))


def _ring_area(ring: Line) -> float:
    polygon = _ellipsoid().Polygon()
    for (longitude, latitude), _ in pairwise(ring):
        polygon.AddPoint(latitude, longitude)
    return abs(polygon.Compute()[2])


def _is_valid(value: Value) -> Value:
    return UNDEFINED if value is UNDEFINED else _geometry(value) is not None


def _is_valid_detailed(value: Value) -> Value:
    if value is UNDEFINED:
        return UNDEFINED
    try:
        geometry_of(value)
    except InvalidGeometryError as error:
        return {"valid": False, "reason": str(error)}
    return {"valid": True}


FUNCTIONS: dict[str, Function] = {
    "ST_AREA": any_value(_area),
    "ST_DISTANCE": _of_two(_distance),
    "ST_INTERSECTS": _of_two(_intersect),
    "ST_ISVALID": any_value(_is_valid),
    "ST_ISVALIDDETAILED": any_value(_is_valid_detailed),
    "ST_WITHIN": _of_two(_within),
}
