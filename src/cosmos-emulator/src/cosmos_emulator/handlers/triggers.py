"""Run the triggers that a write of an item names, in the same transaction as the write.

https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-write-stored-procedures-triggers-udfs#triggers
"""

from typing import Any, Self

import orjson

from cosmos_emulator.context import Context
from cosmos_emulator.errors import bad_request
from cosmos_emulator.items import StoredItem, Writer
from cosmos_emulator.messages import Request
from cosmos_emulator.query.values import Json
from cosmos_emulator.resources import Owner, Resource
from cosmos_emulator.scripts import execution
from cosmos_emulator.scripts.collection import Apply, Collection
from cosmos_emulator.scripts.execution import Call, Outcome

# The names that scripts see, and the values of `triggerOperation` that permit an operation
OPERATIONS = {
    "create_item": ("Create", {"all", "create"}),
    "upsert_item": ("Upsert", {"all", "create", "replace", "update"}),
    "replace_item": ("Replace", {"all", "replace", "update"}),
    "patch_item": ("Patch", {"all", "replace", "update"}),
    "delete_item": ("Delete", {"all", "delete"}),
}


class Triggers:
    """The triggers of one write, before and after it.

    `charge` contains the request units of the operations of the triggers.
    """

    def __init__(self, context: Context, request: Request, writer: Writer, apply: Apply) -> None:
        self._context = context
        self._request = request
        self._container = writer.container
        functions = context.functions(writer.container)
        self._collection = Collection(context.storage, writer, apply, functions, context.clock())
        self._before = self._named("pre")
        self._after = self._named("post")

    @classmethod
    def of(cls, context: Context, request: Request, writer: Writer, apply: Apply) -> Self | None:
        """Return the triggers that a request names, or None.

        Raises 404 for a missing trigger, and 400 for one that doesn't apply to the request.
        """
        if not (request.header(_header("pre")) or request.header(_header("post"))):
            return None
        return cls(context, request, writer, apply)

    @property
    def charge(self) -> float:
        return self._collection.charge

    def before(self) -> None:
        """Run the pre-trigger, which may change the body of the request."""
        if self._before is None:
            return
        sent: dict[str, Json] = {"body": self._request.json()} if self._request.body else {}
        outcome = self._run(self._before, request=sent)
        if outcome.request["isChanged"]:
            self._request.body = orjson.dumps(outcome.request.get("body"))

    def after(self, item: StoredItem | None) -> None:
        """Run the post-trigger, which can read the item that was written."""
        if self._after is None:
            return
        body: dict[str, Json] = {"body": orjson.loads(item.body)} if item else {}
        self._run(self._after, response=body)

    def _named(self, kind: str) -> Resource | None:
        names = self._request.header(_header(kind))
        if not names:
            return None
        if (
            "," in names
        ):  # https://learn.microsoft.com/azure/cosmos-db/nosql/how-to-use-stored-procedures-triggers-udfs
            raise bad_request(f"Only one {kind}-trigger can run per operation.")
        owner = Owner.of_container(self._container)
        trigger = self._context.storage.resources.find(owner, "triggers", names.strip())
        if str(trigger["triggerType"]).lower() != kind:
            raise bad_request(f"The trigger '{names}' isn't a {kind}-trigger.")
        operation, permitted = OPERATIONS[self._request.operation]
        if str(trigger["triggerOperation"]).lower() not in permitted:
            raise bad_request(f"The trigger '{names}' doesn't apply to the operation {operation}.")
        return trigger

    def _run(self, trigger: Resource, **bodies: Any) -> Outcome:  # noqa: ANN401  JSON
        operation, _ = OPERATIONS[self._request.operation]
        call = Call(str(trigger["body"]), [], operation, **bodies)
        return execution.run(self._context.engine, self._container, self._collection, call)


def _header(kind: str) -> str:
    return f"x-ms-documentdb-{kind}-trigger-include"
