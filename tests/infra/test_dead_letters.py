"""An upgrade of an environment keeps the dead letters of the earlier version.

Terraform removes the old container from its state without deleting it, and creates the new one.
"""

import pytest

from tests.infra.terraform import Root, Terraform

FILES = {
    "azure": ("main.cosmos.tf", "azurerm_cosmosdb_sql_container", "prod"),
    "aws": ("main.tables.tf", "aws_dynamodb_table", "dev"),  # tables in prod are protected
}
MANIFEST = "../../../functions/manifest.json"


def rename(root: Root, file: str, old: str, new: str) -> None:
    root.edit(file, f"\n    {old} ", f"\n    {new} ")
    manifest = root.path / MANIFEST  # several functions write to the container
    manifest.write_text(manifest.read_text().replace(f'"{old}"', f'"{new}"'))


# An apply of the Azure root takes more than a minute.
@pytest.mark.parametrize("name", ["aws", pytest.param("azure", marks=pytest.mark.full)])
def test_an_upgrade_keeps_the_old_container_and_creates_the_new_one(
    terraform: Terraform, name: str
):
    root, (file, container, environment) = terraform.root(name), FILES[name]
    rename(root, file, "dead_letters", "rejected")
    moved = (root.path / "moved.tf").read_text()
    (root.path / "moved.tf").unlink()
    root.apply(environment)
    if name == "azure":  # the version with `rejected` had no such guard
        root.run("state", "rm", 'terraform_data.keep_container["rejected"]')

    rename(root, file, "rejected", "dead_letters")
    (root.path / "moved.tf").write_text(moved)
    upgrade = root.plan(environment)
    root.apply(environment)
    after = root.plan(environment)

    changed = {
        address: actions
        for address, actions in upgrade.changes.items()
        if address.startswith(container)
    }
    assert changed == {
        f'{container}.this["dead_letters"]': ("create",),
        f"{container}.rejected": ("forget",),
    }
    assert after.changes == {}
