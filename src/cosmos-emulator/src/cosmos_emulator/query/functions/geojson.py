"""GeoJSON geometries in longitude and latitude.

See https://learn.microsoft.com/azure/cosmos-db/nosql/query/geospatial-intro. Edges are straight
lines in longitude and latitude, and must not cross the 180th meridian. The exterior ring of a
polygon is counter-clockwise. A clockwise one stands for everything outside of the ring.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise

from cosmos_emulator.query import limits
from cosmos_emulator.query.values import Value, is_array, is_number, is_object

type Position = tuple[float, float]  # longitude and latitude
type Line = list[Position]
type Edge = tuple[Position, Position]

LONGITUDE_MAX, LATITUDE_MAX = 180, 90
RING_POSITIONS_MIN = 4
POSITIONS_MAX = 4_096  # documented for a polygon


class InvalidGeometryError(Exception):
    """A value that is not a valid geometry. The message is the reason."""


@dataclass(frozen=True)
class Geometry:
    """The points, lines and polygons of a geometry. A polygon is a list of rings."""

    points: Line
    lines: list[Line]
    polygons: list[list[Line]]

    def edges(self) -> Iterator[Edge]:
        """Yield every edge of the lines and of the rings."""
        for line in chain(self.lines, *self.polygons):
            yield from pairwise(line)

    def positions(self) -> Iterator[Position]:
        """Yield every position."""
        yield from self.points
        yield from chain(*self.lines, *chain(*self.polygons))

    def contains(self, position: Position) -> bool:
        """Return whether a position lies in the geometry or on its boundary."""
        if position in self.points or any(on_edge(position, edge) for edge in self.edges()):
            return True
        return any(_inside(position, rings) for rings in self.polygons)


def geometry_of(value: Value) -> Geometry:
    """Read a geometry. Raises InvalidGeometryError if the value is no valid geometry."""
    kind = value.get("type") if is_object(value) else None
    given = value.get("coordinates") if is_object(value) else None
    match kind:
        case "Point":
            return Geometry([_position(given)], [], [])
        case "LineString":
            return Geometry([], [_line(given, 2)], [])
        case "Polygon":
            return Geometry([], [], [_polygon(given)])
        case "MultiPolygon" if is_array(given) and given:
            return Geometry([], [], [_polygon(rings) for rings in given])
        case _:
            raise InvalidGeometryError("The value is not a GeoJSON object of a supported type.")


def _position(given: Value) -> Position:
    if not is_array(given) or len(given) not in (2, 3) or not all(map(is_number, given)):
        raise InvalidGeometryError("A position must be an array of two or three numbers.")
    longitude, latitude = given[:2]
    if not (abs(longitude) <= LONGITUDE_MAX and abs(latitude) <= LATITUDE_MAX):
        raise InvalidGeometryError(
            "Longitude values must be between -180 and 180 degrees, and latitude values must be"
            " between -90 and 90 degrees."
        )
    return float(longitude), float(latitude)


def _line(given: Value, least: int) -> Line:
    if not is_array(given) or not least <= len(given) <= POSITIONS_MAX:
        raise InvalidGeometryError(
            f"A line or ring must have {least} to {POSITIONS_MAX} positions."
        )
    return [_position(position) for position in given]


def _polygon(given: Value) -> list[Line]:
    if not is_array(given) or not given:
        raise InvalidGeometryError("A polygon must have at least one ring.")
    return [_ring(ring) for ring in given]


def _ring(given: Value) -> Line:
    ring = _line(given, RING_POSITIONS_MIN)
    if ring[0] != ring[-1]:
        raise InvalidGeometryError("The last position of a ring must be the same as the first one.")
    if _crosses_itself(ring):
        raise InvalidGeometryError("The edges of a ring must not cross each other.")
    if not _doubled_area(ring):
        raise InvalidGeometryError("A ring must enclose an area.")
    return ring


def _crosses_itself(ring: Line) -> bool:
    """Compare each edge with the edges that share longitudes with it, from the west to the east."""
    near = list[Edge]()
    for edge in sorted(pairwise(ring), key=min):
        limits.remaining()
        west = min(edge)[0]
        near = [other for other in near if max(other)[0] >= west]
        if any(crosses(edge, other) for other in near):
            return True
        near.append(edge)
    return False


def _doubled_area(ring: Line) -> float:
    """Return twice the area of a ring in square degrees. It is negative for a clockwise ring."""
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise(ring))


def _inside(position: Position, rings: list[Line]) -> bool:
    exterior, *holes = rings
    is_inside = _surrounds(exterior, position) is not (_doubled_area(exterior) < 0)
    return is_inside and not any(_surrounds(hole, position) for hole in holes)


def _surrounds(ring: Line, position: Position) -> bool:
    """Return whether a ray to the east crosses the ring an odd number of times."""
    x, y = position
    crossings = sum(
        (y1 > y) is not (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1
        for (x1, y1), (x2, y2) in pairwise(ring)
    )
    return crossings % 2 == 1


def _turn(start: Position, end: Position, position: Position) -> float:
    """Return a positive number if a position is to the left of an edge, or 0 if it is in line."""
    (x1, y1), (x2, y2), (x, y) = start, end, position
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)


def on_edge(position: Position, edge: Edge) -> bool:
    """Return whether a position lies on an edge."""
    (x1, y1), (x2, y2) = edge
    x, y = position
    between = min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)
    return between and _turn(*edge, position) == 0


def crosses(one: Edge, other: Edge) -> bool:
    """Return whether two edges cross in a position that is an end of neither."""
    first, second = _turn(*one, other[0]), _turn(*one, other[1])
    third, fourth = _turn(*other, one[0]), _turn(*other, one[1])
    return first * second < 0 and third * fourth < 0
