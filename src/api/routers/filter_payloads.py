"""The schema of filters in the bodies of insights, and their conversion to domain filters."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic.functional_validators import AfterValidator
from pydantic_core import PydanticCustomError

from api.domain import insight_filters as domain
from api.domain.insight_filters import (
    FILTER_DEPTH_MAX,
    FILTERS_MAX,
    FieldName,
    Operator,
    condition_fault,
    count_filters,
    parse_property,
)
from api.domain.json_limits import POINTER_LENGTH_MAX
from api.errors import FieldError
from api.routers.bodies import as_object, invalid_payload

# the tag of each kind of filter, by the member that only this kind has
_TAGS: Mapping[str, str] = {
    "property": "<property>",
    "field": "<field>",
    "and": "<and>",
    "or": "<or>",
}
TAGS = frozenset(_TAGS.values())
PROPERTY = "The name of a property, or a JSON Pointer to a nested value, such as /cart/total"


class StrictPayload(BaseModel):
    """A part of a body. Unknown members are refused, and no value is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _scalar(value: object) -> object:
    if not isinstance(value, str | int | float):
        raise PydanticCustomError("scalar_type", "must be a string, a number or a boolean")
    return value


type ScalarValue = Annotated[
    Any,
    AfterValidator(_scalar),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]}),
]


class PropertyFilter(StrictPayload):
    """A condition on a property. Values of different types are never equal: 1 is not "1"."""

    property: str = Field(
        max_length=POINTER_LENGTH_MAX, description=PROPERTY, examples=["plan", "/cart/total"]
    )
    operator: Operator
    values: list[ScalarValue] = []


class FieldFilter(StrictPayload):
    """A condition on the user or on the type of an event."""

    field: FieldName
    operator: Operator
    values: list[ScalarValue] = []


class AllFilters(StrictPayload):
    """Filters that an event must all meet."""

    all_of: "list[FilterPayload]" = Field(alias="and")


class AnyFilters(StrictPayload):
    """Filters of which an event must meet at least one."""

    any_of: "list[FilterPayload]" = Field(alias="or")


def _tag(value: object) -> str | None:
    if isinstance(value, BaseModel):  # when a body is serialised
        members = {field.alias or name for name, field in type(value).model_fields.items()}
    else:
        members = set(as_object(value) or {})
    return next((tag for name, tag in _TAGS.items() if name in members), None)


type FilterPayload = Annotated[
    Annotated[PropertyFilter, Tag(_TAGS["property"])]
    | Annotated[FieldFilter, Tag(_TAGS["field"])]
    | Annotated[AllFilters, Tag(_TAGS["and"])]
    | Annotated[AnyFilters, Tag(_TAGS["or"])],
    Discriminator(
        _tag,
        custom_error_type="filter_kind",
        custom_error_message="must be an object with property, field, and, or or",
    ),
]


class FilterReader:
    """A reader of the filters of one body, which collects all faults of the body."""

    def __init__(self) -> None:
        self._faults: list[FieldError] = []
        self._count = 0

    def fault(self, pointer: str, code: str, detail: str) -> None:
        """Record a fault of the body."""
        self._faults.append(FieldError(pointer, code, detail))

    def check(self) -> None:
        """Raise ApiError `invalid_payload` if the body has faults."""
        if self._faults:
            raise invalid_payload(*self._faults)

    def read(self, payloads: Sequence[FilterPayload], pointer: str) -> tuple[domain.Filter, ...]:
        """Return the filters of a list of the body, which is at this JSON Pointer."""
        filters = tuple(self._filters(payloads, pointer, depth=1))
        count = count_filters(filters)
        self._count += count
        if self._count > FILTERS_MAX >= self._count - count:
            detail = f"must leave at most {FILTERS_MAX} filters in the query"
            self.fault(pointer, "too_many_filters", detail)
        return filters

    def attribute(self, payload: PropertyFilter | FieldFilter, pointer: str) -> domain.Attribute:
        if isinstance(payload, FieldFilter):
            return domain.Field(payload.field)
        return self.property(payload.property, f"{pointer}/property")

    def property(self, text: str, pointer: str) -> domain.Property:
        """Return the property with this name or JSON Pointer."""
        try:
            return parse_property(text)
        except ValueError as error:
            self.fault(pointer, "property_invalid", str(error))
            return domain.Property(())

    def _filters(
        self, payloads: Sequence[FilterPayload], pointer: str, depth: int
    ) -> list[domain.Filter]:
        if depth > FILTER_DEPTH_MAX:
            detail = f"is nested deeper than {FILTER_DEPTH_MAX} levels"
            self.fault(pointer, "too_deep", detail)
            return []
        return [
            self._filter(payload, f"{pointer}/{index}", depth)
            for index, payload in enumerate(payloads)
        ]

    def _filter(self, payload: FilterPayload, pointer: str, depth: int) -> domain.Filter:
        match payload:
            case AllFilters():
                return domain.AllOf(
                    tuple(self._filters(payload.all_of, f"{pointer}/and", depth + 1))
                )
            case AnyFilters():
                return domain.AnyOf(
                    tuple(self._filters(payload.any_of, f"{pointer}/or", depth + 1))
                )
            case _:
                attribute = self.attribute(payload, pointer)
                condition = domain.Condition(attribute, payload.operator, tuple(payload.values))
                if fault := condition_fault(condition, pointer):
                    self._faults.append(fault)
                return condition
