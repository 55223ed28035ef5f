"""No secret is in Terraform's state or plan."""

import json
import zipfile

import pytest

from tests.infra.terraform import OIDC_CLIENT_SECRET, Terraform

# The test provider generates passwords with this prefix, by the name of the attribute.
PASSWORD = "fake-result-"


@pytest.mark.parametrize("name", ["aws", "azure"])
def test_neither_the_state_nor_the_plan_contains_a_secret(terraform: Terraform, name: str):
    plan = terraform.applied(name, "prod")
    folder = terraform.applied_root(name, "prod").path
    with zipfile.ZipFile(folder / "the.plan") as saved:
        members = {
            member: saved.read(member).decode(errors="replace") for member in saved.namelist()
        }
    texts = members | {
        "state": (folder / "terraform.tfstate").read_text(),
        "plan": json.dumps(plan.json),
    }

    assert {"tfplan", "tfstate"} <= set(members)
    for place, text in texts.items():
        assert OIDC_CLIENT_SECRET not in text, place
        assert PASSWORD not in text, place
