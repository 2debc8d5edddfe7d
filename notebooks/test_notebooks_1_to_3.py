"""The first three tutorials: whole, twice, out of order, after a restart, and as on AWS."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from nbformat import NotebookNode

from notebooks.checks.outputs import (
    ACCOUNT,
    MODEL_ARN,
    Account,
    all_shown_well,
    cell_of,
    code_cells,
    documents,
    hub_sha256,
    only,
    pictures,
    text_of,
    twice,
)

START = "1-start-here"
MACHINE = "2-your-machine"
PERMISSIONS = "3-permissions"

TUTORIAL_ROLE = "BedrockImport-tutorial"
SANDBOX_ONLY = "BEDROCK_IMPORT_SANDBOX"


# What stands under a cell.


def bundles(cell: NotebookNode) -> list[dict[str, Any]]:
    return [output.data for output in cell.outputs if "data" in output]


def errors(cell: NotebookNode) -> list[str]:
    return [output.evalue for output in cell.outputs if output.output_type == "error"]


# How a notebook is run otherwise.


def backwards(first: str | None, last: Iterable[str] = ()) -> Callable[[NotebookNode], None]:
    def change(notebook: NotebookNode) -> None:
        ids = [cell.id for cell in code_cells(notebook) if cell.id != first]
        only(*([first] if first else []), *reversed(ids), *last)(notebook)

    return change


def naming_bucket(bucket: str) -> Callable[[NotebookNode], None]:
    """What a user does on AWS: the comment in the first cell becomes code."""

    def change(notebook: NotebookNode) -> None:
        cell = cell_of(notebook, "connect")
        named, count = re.subn(r"// bucket: '[^']*'", f"bucket: '{bucket}'", cell.source)
        assert count == 1
        cell.source = named

    return change


def as_aws(sandbox_env: dict[str, str]) -> dict[str, str]:
    """The same services, without a word that they are a sandbox."""
    return {k: v for k, v in sandbox_env.items() if not k.startswith(SANDBOX_ONLY)}


# 1: a model to Bedrock.


def test_start_imports_answers_proves_and_deletes(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account
) -> None:
    notebook = run_notebook(START)
    all_shown_well(notebook)
    assert len(code_cells(notebook)) == 10

    assert "Connected to the sandbox" in text_of(notebook, "connect")
    inspected = text_of(notebook, "inspect-model")
    assert "LlamaForCausalLM" in inspected
    assert re.search(r"\d+ checks: \d+ ok, 0 warnings, 0 blockers", inspected)
    [disk] = pictures(notebook, "check-disk")
    assert disk.startswith("<svg") and disk.endswith("</svg>")
    assert "from the hub to S3, without this disk" in text_of(notebook, "check-disk")

    review = text_of(notebook, "review-import")
    assert sandbox_env["BEDROCK_IMPORT_SANDBOX_ROLE_ARN"] in review
    assert "Answers are billed in windows of 5 minutes" in review

    imported = text_of(notebook, "import-model")
    [arn] = set(MODEL_ARN.findall(imported))
    assert arn in text_of(notebook, "look-at-model")
    assert "Custom model units" in text_of(notebook, "look-at-model")
    # What the model itself writes: it really computes.
    answer = text_of(notebook, "ask-model")
    assert "Paris" in answer
    assert re.search(r"(Converse|InvokeModel \(OpenAI chat\)), .* tokens in", answer)

    proofs = text_of(notebook, "show-proofs")
    for file in ("config.json", "tokenizer.json", "model-00001-of-00003.safetensors"):
        assert re.search(rf"{re.escape(file)} .*{hub_sha256(sandbox_env, file)}", proofs), file

    planned = text_of(notebook, "plan-clean-up")
    assert arn in planned and "bedrock-import-manifest.json" in planned
    deleted = text_of(notebook, "clean-up")
    assert "Deleted" in deleted and arn in deleted
    assert account.models() == []
    assert account.keys() == []


def test_start_runs_with_each_cell_twice(run_notebook: Any, account: Account) -> None:
    notebook = run_notebook(START, change=twice)
    all_shown_well(notebook)
    cells = code_cells(notebook)
    first, second = (cell for cell in cells if cell.id.startswith("import-model"))
    shown = "\n".join(str(data["text/plain"]) for data in bundles(second))
    assert "This model was imported before." in shown
    assert set(MODEL_ARN.findall(shown)) == set(MODEL_ARN.findall(str(bundles(first))))
    last = "\n".join(str(data["text/plain"]) for data in bundles(cells[-1]))
    assert "none was there" in last and "0 objects" in last
    assert account.models() == [] and account.keys() == []


def test_start_goes_on_after_a_restart(run_notebook: Any, account: Account) -> None:
    before = run_notebook(START, change=only("connect", "review-import", "import-model"))
    [arn] = set(MODEL_ARN.findall(text_of(before, "import-model")))
    assert account.models() == [arn]

    ids = ["connect", "review-import", "import-model", "show-proofs", "plan-clean-up", "clean-up"]
    after = run_notebook(START, change=only(*ids))
    assert "This model was imported before." in text_of(after, "import-model")
    assert set(MODEL_ARN.findall(text_of(after, "import-model"))) == {arn}
    assert "Proved: 9 files" in text_of(after, "show-proofs")
    assert account.models() == [] and account.keys() == []


def test_start_works_again_after_its_clean_up(run_notebook: Any, account: Account) -> None:
    rounds = ["review-import", "import-model", "plan-clean-up", "clean-up"]
    notebook = run_notebook(START, change=only("connect", *rounds, *rounds))
    cells = [cell for cell in code_cells(notebook) if cell.id.startswith("import-model")]
    first, second = (set(MODEL_ARN.findall(str(bundles(cell)))) for cell in cells)
    assert len(first) == len(second) == 1
    assert first != second
    assert account.models() == [] and account.keys() == []


def test_start_on_aws_makes_a_role_and_deletes_it_too(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account
) -> None:
    roles = account.roles()

    def change(notebook: NotebookNode) -> None:
        naming_bucket(account.bucket)(notebook)
        connect = cell_of(notebook, "connect")
        model = sandbox_env["BEDROCK_IMPORT_SANDBOX_MODEL"]
        connect.source = connect.source.replace("bucket:", f"model: '{model}', bucket:")

    notebook = run_notebook(START, change=change, variables=as_aws(sandbox_env))
    all_shown_well(notebook)
    assert "Connected to AWS" in text_of(notebook, "connect")
    review = text_of(notebook, "review-import")
    assert f"BedrockImport-{account.bucket}" in review and "will be created" in review
    assert '"Principal"' in review
    assert MODEL_ARN.search(text_of(notebook, "import-model"))
    assert f"BedrockImport-{account.bucket}" in text_of(notebook, "plan-clean-up")
    assert account.roles() == roles
    assert account.models() == [] and account.keys() == []


def test_start_needs_no_account(run_notebook: Any) -> None:
    # The kernel starts a sandbox of its own.
    notebook = run_notebook(START, change=only("connect", "inspect-model"), variables={})
    assert "Connected to the sandbox" in text_of(notebook, "connect")
    assert "LlamaForCausalLM" in text_of(notebook, "inspect-model")


def test_start_on_aws_names_what_is_missing(run_notebook: Any, sandbox_env: dict[str, str]) -> None:
    notebook = run_notebook(
        START,
        change=only("connect", "review-import"),
        variables=as_aws(sandbox_env),
        allow_errors=True,
    )
    [message] = errors(cell_of(notebook, "review-import"))
    assert "bucket" in message


def test_an_output_that_shows_a_secret_would_be_found(run_notebook: Any) -> None:
    def change(notebook: NotebookNode) -> None:
        only("connect")(notebook)
        cell_of(notebook, "connect").source = "console.log(Deno.env.get('HF_TOKEN'))"

    with pytest.raises(AssertionError, match="HF_TOKEN is in an output"):
        run_notebook(START, change=change)


# 2: the machine.


def trash_with(folder: Path, name: str) -> Path:
    """Something that a file browser has deleted."""
    trash = folder / "home" / ".local" / "share" / "Trash"
    (trash / "files").mkdir(parents=True)
    (trash / "info").mkdir()
    deleted = trash / "files" / name
    deleted.write_bytes(b"x" * 5_000_000)
    (trash / "info" / f"{name}.trashinfo").write_text(
        f"[Trash Info]\nPath={folder / 'root' / name}\nDeletionDate=2026-11-28T10:00:00\n"
    )
    return deleted


def test_machine_shows_disks_and_changes_nothing(run_notebook: Any, place: Any) -> None:
    deleted = trash_with(place.folder, "old-weights.bin")
    # No account is needed.
    notebook = run_notebook(MACHINE, variables={})
    all_shown_well(notebook)

    assert str(place.root) in text_of(notebook, "look-at-machine")
    for cell_id in (
        "measure-disk",
        "read-df",
        "plan-that-fits",
        "plan-that-does-not-fit",
        "report-disk",
    ):
        [picture] = pictures(notebook, cell_id)
        assert picture.startswith("<svg") and picture.endswith("</svg>"), cell_id
    assert re.search(r"Reserved +11\.08 GB", text_of(notebook, "read-df"))
    assert re.search(r"Needed +66\.05 GB", text_of(notebook, "apply-rule"))
    assert "it fits" in text_of(notebook, "plan-that-fits")
    assert re.search(r"Missing +4\.87 GB", text_of(notebook, "plan-that-does-not-fit"))
    sizes = text_of(notebook, "size-volumes")
    assert re.search(r"61\.00 GB +66\.05 GB +67 GB +64 GB +is enough", sizes)
    assert re.search(r"141\.00 GB .*has to be raised", sizes)
    assert "HF_HUB_CACHE" in text_of(notebook, "look-at-caches")
    assert "old-weights.bin" in text_of(notebook, "look-at-trash")
    assert "old-weights.bin" not in text_of(notebook, "empty-trash")

    assert "Nothing was changed" in text_of(notebook, "steer-caches")
    assert "Nothing was deleted" in text_of(notebook, "empty-trash")
    assert deleted.exists()
    assert list((place.folder / "state").iterdir()) == []


def test_machine_deletes_only_when_that_is_asked_for_twice(run_notebook: Any, place: Any) -> None:
    deleted = trash_with(place.folder, "old-weights.bin")

    def change(notebook: NotebookNode) -> None:
        only("look-at-trash", "empty-trash")(notebook)
        cell = cell_of(notebook, "empty-trash")
        assert "const mayDelete: boolean = false;" in cell.source
        cell.source = cell.source.replace("boolean = false", "boolean = true")

    # Nobody answers the question here.
    notebook = run_notebook(MACHINE, change=change, variables={}, allow_errors=True)
    [message] = errors(cell_of(notebook, "empty-trash"))
    assert "Nothing was deleted." in message
    assert deleted.exists()


def test_machine_runs_with_each_cell_twice(run_notebook: Any) -> None:
    all_shown_well(run_notebook(MACHINE, change=twice, variables={}))


# 3: permissions.


def test_permissions_are_shown_tried_made_and_deleted(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account
) -> None:
    roles = account.roles()
    notebook = run_notebook(PERMISSIONS)
    all_shown_well(notebook)

    [picture] = pictures(notebook, "see-identities")
    assert "BedrockImportSandboxRole" in picture and "iam:PassRole" in picture
    assert f"arn:aws:iam::{ACCOUNT}:user/sandbox" in text_of(notebook, "see-identities")

    [trust] = documents(notebook, "trust-policy")
    [statement] = trust["Statement"]
    assert statement["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    [shared] = documents(notebook, "shared-trust-policy")
    assert shared["Statement"][1]["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    [reading] = documents(notebook, "import-role-policy")
    assert f"arn:aws:s3:::{account.bucket}/bedrock-import/*" in reading["Statement"][0]["Resource"]
    [working] = documents(notebook, "notebook-policy")
    passing = next(s for s in working["Statement"] if s["Sid"] == "PassRoleToBedrockCMI")
    assert passing["Resource"] == sandbox_env["BEDROCK_IMPORT_SANDBOX_ROLE_ARN"]
    assert "hand the import role to Bedrock" in text_of(notebook, "notebook-policy")

    assert "11 checks: 11 ok" in text_of(notebook, "try-permissions")
    assert "blocker" in text_of(notebook, "see-refusal")
    created = text_of(notebook, "create-role")
    assert "Created." in created
    assert f"arn:aws:iam::{ACCOUNT}:role/{TUTORIAL_ROLE}" in created
    assert f"Bedrock may assume the role {TUTORIAL_ROLE}" in text_of(notebook, "check-role")
    assert TUTORIAL_ROLE in text_of(notebook, "plan-role-deletion")
    assert "Deleted" in text_of(notebook, "delete-role")
    assert account.roles() == roles
    assert account.keys() == []


def test_permissions_run_with_each_cell_twice(run_notebook: Any, account: Account) -> None:
    roles = account.roles()
    notebook = run_notebook(PERMISSIONS, change=twice)
    all_shown_well(notebook)
    last = "\n".join(str(data["text/plain"]) for data in bundles(code_cells(notebook)[-1]))
    assert f"There is no role {TUTORIAL_ROLE} any more." in last
    assert account.roles() == roles


def test_permissions_on_aws_create_nothing_without_a_yes(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account
) -> None:
    roles = account.roles()
    notebook = run_notebook(
        PERMISSIONS,
        change=naming_bucket(account.bucket),
        variables=as_aws(sandbox_env),
        allow_errors=True,
    )
    assert "No role was created." in "".join(errors(cell_of(notebook, "create-role")))
    # Both policies were there to be read before the question.
    assert len(documents(notebook, "trust-policy")) == 1
    assert "model-import-job/*" in text_of(notebook, "create-role")
    [message] = errors(cell_of(notebook, "check-role"))
    assert "makeImportRole()" in message
    assert "nothing is left to delete" in text_of(notebook, "plan-role-deletion")
    failed = [cell.id for cell in code_cells(notebook) if errors(cell)]
    assert failed == ["create-role", "check-role"]
    assert account.roles() == roles


# All: out of order.


@pytest.mark.parametrize("name", [START, MACHINE, PERMISSIONS])
@pytest.mark.parametrize("connected", [True, False])
def test_cells_out_of_order_say_which_cell_is_first(
    run_notebook: Any, account: Account, name: str, connected: bool
) -> None:
    roles = account.roles()
    first = "connect" if connected and name != MACHINE else None
    last = ["plan-role-deletion", "delete-role"] if name == PERMISSIONS and first else []
    notebook = run_notebook(name, change=backwards(first, last), allow_errors=True)
    failures = {cell.id: errors(cell) for cell in code_cells(notebook) if errors(cell)}
    assert failures, "Nothing depends on another cell."
    for cell_id, messages in failures.items():
        for message in messages:
            assert re.search(r"Run the cell with \w+\(\) first\.", message), (cell_id, message)
    assert account.roles() == roles
    assert account.models() == [] and account.keys() == []
