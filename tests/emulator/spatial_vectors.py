"""Calls of the spatial functions with their expected values."""

from cosmos_emulator.query.values import UNDEFINED

from .function_vectors import Vectors

SQUARE = "{'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}"
INVERSE = "{'type': 'Polygon', 'coordinates': [[[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]]}"
HOLE = "[[0.5, 0.5], [0.5, 1.5], [1.5, 1.5], [1.5, 0.5], [0.5, 0.5]]"
RING = SQUARE.replace("[0, 0]]]}", f"[0, 0]], {HOLE}]}}")
BOW_TIE = "{'type': 'Polygon', 'coordinates': [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}"
OPEN = "{'type': 'Polygon', 'coordinates': [[[0, 0], [2, 0], [2, 2], [0, 2]]]}"
LINE = "{'type': 'LineString', 'coordinates': [[-1, 1], [3, 1]]}"


def point(longitude: float, latitude: float) -> str:
    return f"{{'type': 'Point', 'coordinates': [{longitude}, {latitude}]}}"


SPATIAL: Vectors = [
    (f"ST_ISVALID({point(1, 2)})", True),
    (f"ST_ISVALID({point(1, 91)})", False),
    (f"ST_ISVALID({SQUARE})", True),
    (f"ST_ISVALID({RING})", True),
    (f"ST_ISVALID({BOW_TIE})", False),
    (f"ST_ISVALID({OPEN})", False),
    (f"ST_ISVALID({LINE})", True),
    ("ST_ISVALID({'type': 'LineString', 'coordinates': [[0, 0]]})", False),
    ("ST_ISVALID({'type': 'MultiPolygon', 'coordinates': []})", False),
    ("ST_ISVALID('text')", False),
    ("ST_ISVALID(undefined)", UNDEFINED),
    (f"ST_ISVALIDDETAILED({point(1, 2)})", {"valid": True}),
    (f"ST_ISVALIDDETAILED({OPEN}).valid", False),
    (f"CONTAINS(ST_ISVALIDDETAILED({OPEN}).reason, 'last position')", True),
    (f"ST_WITHIN({point(1, 1)}, {SQUARE})", True),
    (f"ST_WITHIN({point(2, 1)}, {SQUARE})", True),
    (f"ST_WITHIN({point(3, 1)}, {SQUARE})", False),
    (f"ST_WITHIN({point(1, 1)}, {INVERSE})", False),
    (f"ST_WITHIN({point(3, 1)}, {INVERSE})", True),
    (f"ST_WITHIN({point(1, 1)}, {RING})", False),
    (f"ST_WITHIN({point(0.2, 1)}, {RING})", True),
    (f"ST_WITHIN({LINE}, {SQUARE})", False),
    (f"ST_WITHIN({point(1, 1)}, {point(1, 1)})", True),
    (f"ST_WITHIN({point(1, 1)}, 'text')", UNDEFINED),
    (f"ST_INTERSECTS({LINE}, {SQUARE})", True),
    (f"ST_INTERSECTS({point(5, 5)}, {SQUARE})", False),
    (f"ST_INTERSECTS({SQUARE}, {point(1, 1)})", True),
    (f"ST_DISTANCE({point(1, 1)}, {SQUARE})", 0),
    (f"ROUND(ST_DISTANCE({point(0, 0)}, {point(1, 0)}))", 111319),
    (f"ROUND(ST_DISTANCE({point(0, 0)}, {point(0, 1)}))", 110574),
    (f"ROUND(ST_DISTANCE({point(3, 0)}, {SQUARE}))", 111319),
    (f"ST_DISTANCE({point(0, 0)}, {{}})", UNDEFINED),
    (f"ROUND(ST_AREA({SQUARE}) / 1e9)", 49),
    (f"ROUND(ST_AREA({RING}) / 1e9)", 37),
    (f"ST_AREA({point(0, 0)})", 0),
]
