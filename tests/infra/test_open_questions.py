"""docs/deployment.md lists what to check in the first apply, and what to change if necessary."""

import re

import pytest

from tests.infra.terraform import REPOSITORY, ROOTS

DOCUMENT = (REPOSITORY / "docs/deployment.md").read_text()
SECTION = DOCUMENT.partition("\n## Questions that only a real cloud can settle\n")[2].partition(
    "\n## "
)[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in SECTION.splitlines()
    if line.startswith("| ") and not line.startswith("| question")
]
# The configuration that each question is about, and a text in it.
SUBJECTS = {
    "issuer of version 2": ("azure/main.functions.tf", "tenant_auth_endpoint"),
    "`AllMetrics`": ("azure/main.monitor.tf", 'category = "AllMetrics"'),
    "delegation's action": ("azure-bootstrap/main.network.tf", "subnets/join/action"),
    "private vault": ("azure/main.vault.tf", 'bypass         = "None"'),
    "health probes": ("azure/main.front_door.tf", "health_probe"),
    "gateway's log": ("aws/main.gateway.tf", '\\"status\\":$context.status'),
    "both readers": ("aws/main.rights.tf", "dynamodb:GetShardIterator"),
    "CloudFront's certificate": ("aws/main.firewall.tf", "origin_mtls_config"),
    "three readers": ("aws/main.feed.tf", "window   = 45"),
}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_each_open_question_has_an_answer_either_way(subject: str):
    (row,) = [row for row in ROWS if subject in row[0]]
    path, text = SUBJECTS[subject]
    *_, look, right, wrong = row

    assert look
    assert right
    assert re.search(rf"`{path.split('/')[1]}`", wrong)
    assert text in (ROOTS / path).read_text()


def test_there_are_no_other_questions():
    assert len(ROWS) == len(SUBJECTS)
