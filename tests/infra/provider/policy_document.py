"""Compute `data.aws_iam_policy_document` from its configuration, so that plans show policies."""

import json
from typing import Any

LISTS = {
    "Action": "actions",
    "NotAction": "not_actions",
    "Resource": "resources",
    "NotResource": "not_resources",
}
PRINCIPALS = {"Principal": "principals", "NotPrincipal": "not_principals"}


def policy_document(config: dict[str, Any]) -> str:
    statements = [_statement(block) for block in config.get("statement") or []]
    return json.dumps({"Version": config.get("version") or "2012-10-17", "Statement": statements})


def _statement(block: dict[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": block.get("effect") or "Allow"}
    if block.get("sid"):
        statement["Sid"] = block["sid"]
    statement |= {key: _one_or_many(block[field]) for key, field in LISTS.items() if block[field]}
    for key, field in PRINCIPALS.items():
        if block[field]:
            statement[key] = {p["type"]: _one_or_many(p["identifiers"]) for p in block[field]}
    for condition in block.get("condition") or []:
        tests = statement.setdefault("Condition", {}).setdefault(condition["test"], {})
        tests[condition["variable"]] = _one_or_many(condition["values"])
    return statement


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else sorted(values)
