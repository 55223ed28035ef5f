"""The user-defined functions of a container, which queries call as `udf.name(…)`."""

from collections.abc import Callable

from cosmos_emulator.containers import Container
from cosmos_emulator.query import limits
from cosmos_emulator.query.errors import QueryError
from cosmos_emulator.query.values import UNDEFINED, Value
from cosmos_emulator.resources import Owner, Resources
from cosmos_emulator.scripts.engine import SECONDS_MAX, Engine

KIND = "udfs"


class Functions:
    """The user-defined functions of one container."""

    def __init__(self, engine: Engine, resources: Resources, container: Container) -> None:
        self._engine = engine
        self._resources = resources
        self._owner = Owner.of_container(container)

    def find(self, name: str) -> Callable[..., Value]:
        """Return a function by its name. Raises QueryError if the container doesn't have it."""
        bodies = {r["id"]: r["body"] for r in self._resources.list_all(self._owner, KIND)}
        if name not in bodies:
            raise QueryError("SC2005", f"'{name}' is not a recognized user-defined function name.")
        return lambda *values: self._call(str(bodies[name]), values)

    def _call(self, source: str, values: tuple[Value, ...]) -> Value:
        parameters = [[] if value is UNDEFINED else [value] for value in values]
        seconds = min(SECONDS_MAX, limits.remaining())
        result = self._engine.apply(source, parameters, seconds).get("value", UNDEFINED)
        limits.check_size(result)
        return result
