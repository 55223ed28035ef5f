"""Functions that test the type of a value, and IIF.

See https://learn.microsoft.com/cosmos-db/query/system-functions#type-checking-functions.
"""

import math

from cosmos_emulator.query.functions.dates import is_date_time
from cosmos_emulator.query.functions.function import Function, any_value, any_values, whole
from cosmos_emulator.query.values import UNDEFINED, Value, is_array, is_number, is_object


def _is_integer(value: Value) -> bool:
    number = whole(value)
    return number is not None and -(1 << 63) <= number < 1 << 63


def _iif(condition: Value, then: Value, otherwise: Value) -> Value:
    return then if condition is True else otherwise


FUNCTIONS: dict[str, Function] = {
    "IS_ARRAY": any_value(is_array),
    "IS_BOOL": any_value(lambda value: isinstance(value, bool)),
    "IS_DATETIME": any_value(is_date_time),
    "IS_DEFINED": any_value(lambda value: value is not UNDEFINED),
    "IS_FINITE_NUMBER": any_value(lambda value: is_number(value) and math.isfinite(value)),
    "IS_INTEGER": any_value(_is_integer),
    "IS_NULL": any_value(lambda value: value is None),
    "IS_NUMBER": any_value(is_number),
    "IS_OBJECT": any_value(is_object),
    "IS_PRIMITIVE": any_value(
        lambda value: value is None or isinstance(value, bool | int | float | str)
    ),
    "IS_STRING": any_value(lambda value: isinstance(value, str)),
    "IIF": any_values(_iif, 3),
}
