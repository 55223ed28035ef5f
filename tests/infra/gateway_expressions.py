"""Evaluate the part of API Management's expression language that our policies use.

The language is C#. Unknown syntax raises an error, so policies can use only the supported syntax.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace
from typing import Any

from lark import Lark, Token, Transformer, v_args

_GRAMMAR = r"""
?ternary: comparison | comparison "?" ternary ":" ternary -> ternary
?comparison: unary | unary OPERATOR unary
?unary: postfix
      | "!" unary             -> negated
      | "(" CLASS ")" unary   -> cast
?postfix: primary
      | postfix "." NAME                    -> member
      | postfix "." NAME "(" arguments ")"  -> call
      | postfix "[" ternary "]"             -> item
?primary: NAME                              -> name
      | STRING                              -> string
      | INT                                 -> number
      | "(" ternary ")"
      | "new" "[" "]" "{" arguments "}"     -> array
      | "new" NAME "(" arguments ")"        -> created
arguments: [ternary ("," ternary)*]
CLASS.2: /(string|Jwt)\b/
OPERATOR: "==" | "!=" | ">=" | ">"
NAME: /[A-Za-z_]\w*/
STRING: /"(?:[^"\\]|\\.)*"/
%import common.INT
%import common.WS
%ignore WS
"""
_OPERATORS = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}
# Methods of C#'s types that have other names in Python.
_METHODS = {
    "Contains": lambda values, value: value in values,
    "StartsWith": lambda text, start: text.startswith(start),
    "ToString": lambda value, *_: json.dumps(value) if isinstance(value, dict) else str(value),
}
_LIBRARY: Mapping[str, Any] = {
    "long": SimpleNamespace(Parse=int),
    "Convert": SimpleNamespace(ToString=str),
    "System": SimpleNamespace(
        Text=SimpleNamespace(
            RegularExpressions=SimpleNamespace(
                Regex=SimpleNamespace(
                    IsMatch=lambda text, pattern: bool(re.search(pattern, text)),
                )
            )
        )
    ),
}
_CONSTRUCTORS = {"JProperty": lambda name, value: (name, value), "JObject": lambda *of: dict(of)}


def value_of(text: str, context: object) -> Any:
    """Return an attribute's or element's text, or the value of `@(expression)`."""
    text = text.strip()
    if not text.startswith("@"):
        return text
    assert re.fullmatch(r"@\(.*\)", text, re.DOTALL), text
    return _Evaluation(context).transform(_parser().parse(text[2:-1]))


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, start="ternary", parser="lalr")


@v_args(inline=True)
class _Evaluation(Transformer[Token, Any]):
    def __init__(self, context: object) -> None:
        super().__init__()
        self._names = {**_LIBRARY, "context": context}

    def name(self, name: str) -> Any:
        return self._names[name]

    def string(self, text: str) -> str:
        return json.loads(text)

    def number(self, text: str) -> int:
        return int(text)

    def member(self, target: Any, name: str) -> Any:
        return getattr(target, name)

    def item(self, target: Any, key: str) -> Any:
        return target[key]

    def call(self, target: Any, name: str, arguments: list[Any]) -> Any:
        if hasattr(target, name):
            return getattr(target, name)(*arguments)
        return _METHODS[name](target, *arguments)

    def arguments(self, *values: Any) -> list[Any]:
        return [value for value in values if value is not None]

    def array(self, values: list[Any]) -> list[Any]:
        return values

    def created(self, name: str, arguments: list[Any]) -> Any:
        return _CONSTRUCTORS[name](*arguments)

    def cast(self, _: str, value: Any) -> Any:
        return value

    def negated(self, value: Any) -> bool:
        return not value

    def comparison(self, left: Any, operator: str, right: Any) -> bool:
        return _OPERATORS[operator](left, right)

    def ternary(self, condition: Any, yes: Any, no: Any) -> Any:
        return yes if condition else no
