"""Tutorials 4 to 6: whole, twice, out of order, after a restart, and as on AWS."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

import pytest
from nbformat import NotebookNode

from notebooks.checks.outputs import (
    MODEL_ARN,
    SHA256,
    Account,
    all_shown_well,
    cell_of,
    code_cells,
    hub_sha256,
    only,
    pictures,
    shown,
    text_of,
    texts,
    twice,
)

STREAMING = "4-streaming-to-s3"
TEMPLATES = "5-chat-templates"
IMPORT = "6-import-invoke-clean-up"

TUTORIAL_CACHE = "bedrock-import-tutorial-cache"
CLEAN_UP = ("plan-clean-up", "clean-up")


def on_aws(env: dict[str, str], *cells: str) -> dict[str, Any]:
    """The same services without a word that they are a sandbox, and the first cell filled in."""

    def change(notebook: NotebookNode) -> None:
        connect = cell_of(notebook, "connect")
        bucket, model = (env[f"BEDROCK_IMPORT_SANDBOX_{name}"] for name in ("BUCKET", "MODEL"))
        named = f"model: '{model}', bucket: '{bucket}'"
        connect.source, count = re.subn(r"// bucket: '[^']*'", named, connect.source)
        assert count == 1
        if cells:
            only(*cells)(notebook)

    kept = {k: v for k, v in env.items() if not k.startswith("BEDROCK_IMPORT_SANDBOX")}
    return {"change": change, "variables": kept}


def left_nothing(account: Account, place: Any) -> None:
    assert account.keys() == []
    assert account.models() == []
    assert not (place.root / TUTORIAL_CACHE).exists()


# 4: streaming to S3.


def test_streaming_copies_proves_reads_back_and_deletes(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account, place: Any
) -> None:
    notebook = run_notebook(STREAMING)
    all_shown_well(notebook)
    assert "from the hub to S3, without this disk" in text_of(notebook, "plan-copy")

    [parts] = pictures(notebook, "see-parts")
    shard = "model-00001-of-00003.safetensors"
    assert parts.count(f"<title>{shard}: part ") == 6
    assert "6 parts of 16.78 MB" in text_of(notebook, "see-parts")

    figures = text_of(notebook, "copy")
    assert re.search(r"Moved +272\.6\d MB", figures)
    assert re.search(r"Mean rate +[\d.]+ [kMG]?B a second", figures)
    assert re.search(r"Parts that were sent again +0\n", figures)
    assert re.search(r"Memory of this process +[\d.]+ MB before, [\d.]+ MB at most", figures)

    proofs = text_of(notebook, "show-proofs")
    for file in ("config.json", "tokenizer.json", shard):
        assert re.search(rf"{re.escape(file)} .*{hub_sha256(sandbox_env, file)}", proofs), file
    assert "S3 took the file only with this SHA-256" in proofs
    assert "S3 computed it of the whole object" in proofs

    smallest = "model-00003-of-00003.safetensors"
    checked = text_of(notebook, "read-back")
    right = hub_sha256(sandbox_env, smallest)
    published, stated, read_back, damaged = SHA256.findall(checked)
    assert smallest in checked
    assert published == stated == read_back == right
    assert damaged == hub_sha256(sandbox_env, smallest, changed_bits=1) != right
    assert "the same" in checked

    refusal = text_of(notebook, "send-damaged")
    assert "refuses it" in refusal and "BadDigest" in refusal

    [disk] = pictures(notebook, "plan-through-disk")
    assert disk.startswith("<svg")
    planned = text_of(notebook, "plan-through-disk")
    assert "it fits" in planned and f"through the disk: {place.root / TUTORIAL_CACHE}" in planned
    assert re.search(r"Written to this disk +0 B +272\.\d+ MB", text_of(notebook, "compare"))

    listed = text_of(notebook, "plan-clean-up")
    assert listed.count("10 objects, 272.6") == 2
    assert str(place.root / TUTORIAL_CACHE) in listed
    assert text_of(notebook, "clean-up").count("10 objects") == 2
    left_nothing(account, place)


def test_streaming_runs_with_each_cell_twice(
    run_notebook: Any, account: Account, place: Any
) -> None:
    notebook = run_notebook(STREAMING, change=twice)
    all_shown_well(notebook)
    [again] = code_cells(notebook, r"copy-\d+")
    assert "nothing had to move" in text_of(notebook, again.id)
    left_nothing(account, place)


def test_streaming_goes_on_after_a_restart(run_notebook: Any, account: Account, place: Any) -> None:
    run_notebook(STREAMING, change=only("connect", "plan-copy", "copy"))
    cells = ("connect", "plan-copy", "copy", "show-proofs", *CLEAN_UP)
    after = run_notebook(STREAMING, change=only(*cells))
    assert "there, proved" in text_of(after, "plan-copy")
    assert "nothing had to move" in text_of(after, "copy")
    assert "Proved: 9 files" in text_of(after, "show-proofs")
    left_nothing(account, place)


def test_streaming_works_again_after_its_clean_up(
    run_notebook: Any, account: Account, place: Any
) -> None:
    around = ("plan-copy", "copy", *CLEAN_UP)
    notebook = run_notebook(STREAMING, change=only("connect", *around, "copy", "clean-up"))
    # The old plan once more: it still tells what has to go where, and the list what was there.
    [again] = code_cells(notebook, r"copy-\d+")
    assert re.search(r"Moved +272\.6\d MB", text_of(notebook, again.id))
    run_notebook(STREAMING, change=only("connect", "plan-copy", *CLEAN_UP))
    left_nothing(account, place)


def test_streaming_leaves_what_is_not_its_own(
    run_notebook: Any, account: Account, place: Any
) -> None:
    key = "bedrock-import/tutorial-4/streamed/mine.txt"
    s3 = account.client("s3")

    s3.put_object(Bucket=account.bucket, Key=key, Body=b"mine")
    notebook = run_notebook(STREAMING, change=only("connect", "plan-copy", "copy", *CLEAN_UP))
    assert "Stays, because it is not known to be of this copy" in text_of(notebook, CLEAN_UP[0])
    assert account.keys() == [key]
    s3.delete_object(Bucket=account.bucket, Key=key)


def test_streaming_says_what_a_damaged_object_is(
    run_notebook: Any, account: Account, place: Any
) -> None:
    run_notebook(STREAMING, change=only("connect", "plan-copy", "copy"))
    key = "bedrock-import/tutorial-4/streamed/config.json"
    s3 = account.client("s3")
    body = bytearray(s3.get_object(Bucket=account.bucket, Key=key)["Body"].read())
    body[0] ^= 1
    s3.put_object(Bucket=account.bucket, Key=key, Body=bytes(body))

    def change(notebook: NotebookNode) -> None:
        only("connect", "plan-copy", "show-proofs", "read-back")(notebook)
        cell = cell_of(notebook, "show-proofs")
        cell.source = cell.source.replace("measureCopy()", "readManifest()")
        cell = cell_of(notebook, "read-back")
        cell.source = re.sub(r"=> manifest\),?", "=> manifest), 'config.json'", cell.source)

    notebook = run_notebook(STREAMING, change=change)
    checked = text_of(notebook, "read-back")
    assert "config.json" in checked and "not the same" in checked
    assert hashlib.sha256(body).hexdigest() in checked
    s3.delete_object(Bucket=account.bucket, Key=key)
    run_notebook(STREAMING, change=only("connect", "plan-copy", *CLEAN_UP))
    left_nothing(account, place)


# 5: chat templates.


def test_templates_are_rendered_exchanged_and_deleted(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account, place: Any
) -> None:
    notebook = run_notebook(TEMPLATES)
    all_shown_well(notebook)
    assert re.search(r"In +tokenizer_config\.json", text_of(notebook, "read-template"))

    chat = text_of(notebook, "compare-chat")
    assert (
        "<|im_start|>system\nYou answer in one sentence.<|im_end|>\n"
        "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n"
        "<|im_start|>assistant\nParis.<|im_end|>\n"
        "<|im_start|>user\nAnd of Italy?<|im_end|>\n<|im_start|>assistant\n"
    ) in chat
    assert (
        "<｜begin▁of▁sentence｜>You answer in one sentence.<｜User｜>What is the capital of France?"
        "<｜Assistant｜>Paris.<｜end▁of▁sentence｜><｜User｜>And of Italy?<｜Assistant｜><think>\n"
    ) in chat
    assert (
        "<｜begin▁of▁sentence｜><|start_header_id|>system<|end_header_id|>\n\n"
        "You answer in one sentence.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nWhat is the capital of France?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nParis.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nAnd of Italy?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ) in chat
    # Markers are text in the page, too, and in colour.
    assert ">&lt;|im_start|&gt;</b>" in "".join(shown(notebook, "compare-chat", "text/html"))

    tools = text_of(notebook, "compare-tools")
    assert tools.count("get_weather") == 1
    assert tools.index("get_weather") > tools.index("DeepSeek with Llama 3.1")
    calls = text_of(notebook, "compare-calls")
    assert calls.count("cannot render the conversation") == 2
    assert "refuses the conversation: Only one call of a tool in a turn" in calls

    markers = text_of(notebook, "see-markers")
    assert re.search(r"<\|im_start\|> +one token", markers)
    assert re.search(r"<\|eot_id\|> +unknown", markers)
    assert "4 of 4 markers are unknown to this tokenizer" in markers

    assert re.search(r"tokenizer_config\.json +.*rewritten", text_of(notebook, "plan-copy"))
    difference = text_of(notebook, "see-difference")
    assert '-   "chat_template": "{% for message in messages %}' in difference
    assert '+   "chat_template": "{{ bos_token }}\\n{%- set first' in difference
    assert "(rewritten on the way)" in text_of(notebook, "copy")

    compared = text_of(notebook, "compare-with-hub")
    on_hub, in_s3 = SHA256.findall(compared)
    assert on_hub == hub_sha256(sandbox_env, "tokenizer_config.json") != in_s3
    assert in_s3 in text_of(notebook, "copy")
    assert "The file on the hub is what it was." in compared

    assert "There are none." in text_of(notebook, "see-models")
    bodies = [json.loads(text) for text in texts(notebook, "see-requests") if text[0] == "{"]
    assert [sorted(body) for body in bodies] == [
        ["max_tokens", "messages"],
        ["max_gen_len", "prompt"],
        ["max_tokens", "prompt"],
    ]
    assert bodies[1]["prompt"].endswith(
        "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"
    )
    assert "10 objects" in text_of(notebook, "clean-up")
    left_nothing(account, place)


def test_the_exchanged_template_is_the_one_that_is_rendered(
    run_notebook: Any, account: Account
) -> None:
    notebook = run_notebook(
        TEMPLATES, change=only("connect", "define-templates", "plan-copy", "copy")
    )
    shown = text_of(notebook, "define-templates")
    key = "bedrock-import/tutorial-5/tokenizer_config.json"
    body = account.client("s3").get_object(Bucket=account.bucket, Key=key)["Body"].read()
    template = json.loads(body)["chat_template"]
    assert template in shown and "<|start_header_id|>" in template
    run_notebook(TEMPLATES, change=only(*"connect define-templates plan-copy".split(), *CLEAN_UP))
    assert account.keys() == []


def test_templates_run_with_each_cell_twice(
    run_notebook: Any, account: Account, place: Any
) -> None:
    all_shown_well(run_notebook(TEMPLATES, change=twice))
    left_nothing(account, place)


# 6: import, invoke, clean up.


def test_import_answers_calls_a_tool_and_deletes(
    run_notebook: Any, account: Account, place: Any
) -> None:
    notebook = run_notebook(IMPORT)
    all_shown_well(notebook)
    limits = text_of(notebook, "look-at-quotas")
    assert "0 of 1" in limits and "0 of 3" in limits
    assert "tutorial-6" in text_of(notebook, "review-import")

    [arn] = set(MODEL_ARN.findall(text_of(notebook, "import-model")))
    first = text_of(notebook, "ask")
    assert "Paris" in first and "after a cold start of" in first
    again = text_of(notebook, "ask-again")
    assert "Rome" in again
    assert re.search(r"First question +Converse +[\d.]+ s", again)
    assert re.search(r"Second question +Converse +0\.0 s", again)

    called = text_of(notebook, "call-tool")
    assert 'get_weather({"city":"Paris"})' in called
    assert "InvokeModel (prompt)" in called and "ended with tool_use" in called
    assert "This model doesn't support tool use." in called and "Asks for get_weather." in called
    answered = text_of(notebook, "answer-with-result")
    assert "tool: It is 18 degrees and cloudy in Paris." in answered
    # What the model itself makes of the result.
    assert "cloudy" in answered.split("assistant: ")[1].splitlines()[0]

    cost = text_of(notebook, "cost")
    assert re.search(r"Custom model units of a copy +1\n", cost)
    assert re.search(r"A window of 5 minutes +\$0\.29\n", cost)
    assert re.search(r"with three active copies +3 +12 +\$10\.29\n", cost)

    common = f"""{{
  baseId: '{arn}',
  name: 'tutorial-6',
  provider: 'meta',
  category: 'text',
  toolUse: true,
  maxTokensLimit: 4096,
  supportsStreamingToolUse: false,
"""
    entries = [text for text in texts(notebook, "bedrock-engineer") if text.startswith("{")]
    assert entries == [
        common + "  inferenceProfiles: [{ type: 'base', regions: ['us-east-1'] }]\n}",
        common + "  availability: { base: ['us-east-1'] }\n}",
    ]
    assert arn in text_of(notebook, "plan-clean-up")
    deleted = text_of(notebook, "clean-up")
    assert arn in deleted and "10 objects" in deleted
    left_nothing(account, place)


def test_import_runs_with_each_cell_twice(run_notebook: Any, account: Account, place: Any) -> None:
    notebook = run_notebook(IMPORT, change=twice)
    all_shown_well(notebook)
    [again] = code_cells(notebook, r"import-model-\d+")
    assert "This model was imported before." in text_of(notebook, again.id)
    left_nothing(account, place)


def test_import_goes_on_after_a_restart(run_notebook: Any, account: Account, place: Any) -> None:
    begin = ("connect", "review-import", "import-model")
    before = run_notebook(IMPORT, change=only(*begin))
    [arn] = set(MODEL_ARN.findall(text_of(before, "import-model")))
    after = run_notebook(IMPORT, change=only(*begin, "call-tool", "answer-with-result", *CLEAN_UP))
    assert set(MODEL_ARN.findall(text_of(after, "import-model"))) == {arn}
    assert "get_weather" in text_of(after, "call-tool")
    left_nothing(account, place)


def test_import_on_aws_makes_a_role_and_deletes_it_too(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account, place: Any
) -> None:
    roles = account.roles()
    cells = ("connect", "review-import", "import-model", "call-tool", "cost", *CLEAN_UP)
    notebook = run_notebook(IMPORT, **on_aws(sandbox_env, *cells))
    assert "Connected to AWS" in text_of(notebook, "connect")
    assert "will be created" in text_of(notebook, "review-import")
    assert 'get_weather({"city":"Paris"})' in text_of(notebook, "call-tool")
    assert f"BedrockImport-{account.bucket}" in text_of(notebook, "plan-clean-up")
    assert account.roles() == roles
    left_nothing(account, place)


# All of them.


@pytest.mark.parametrize("name", [STREAMING, TEMPLATES])
def test_on_aws_the_same_cells_work(
    run_notebook: Any, sandbox_env: dict[str, str], account: Account, place: Any, name: str
) -> None:
    notebook = run_notebook(name, **on_aws(sandbox_env))
    all_shown_well(notebook)
    assert "Connected to AWS" in text_of(notebook, "connect")
    left_nothing(account, place)


@pytest.mark.parametrize("name", [STREAMING, TEMPLATES, IMPORT])
@pytest.mark.parametrize("connected", [True, False])
def test_a_cell_that_comes_too_early_says_which_is_first(
    run_notebook: Any, account: Account, place: Any, name: str, connected: bool
) -> None:
    independent = {"define-templates", "see-models", "look-at-quotas"}
    starting = {"read-template", "plan-copy", "plan-through-disk", "review-import"}

    def change(notebook: NotebookNode) -> None:
        ids = [cell.id for cell in code_cells(notebook)]
        skipped = {"connect"} | (independent | starting if connected else {"define-templates"})
        rest = [each for each in reversed(ids) if each not in skipped]
        only(*(["connect"] if connected else []), *rest)(notebook)

    notebook = run_notebook(name, change=change, allow_errors=True)
    cells = [cell for cell in code_cells(notebook) if cell.id != "connect"]
    assert len(cells) > 5
    for cell in cells:
        [output] = [output for output in cell.outputs if output.output_type == "error"]
        assert re.match(r"Run the cell with .+ first\.", output.evalue), (cell.id, output)
    left_nothing(account, place)


@pytest.mark.parametrize("name", [STREAMING, TEMPLATES, IMPORT])
def test_no_account_is_needed(run_notebook: Any, name: str) -> None:
    cells = {
        STREAMING: ("plan-copy", "see-parts"),
        TEMPLATES: ("read-template", "define-templates", "compare-chat"),
        IMPORT: ("look-at-quotas", "review-import"),
    }
    # The kernel starts a sandbox of its own.
    notebook = run_notebook(name, change=only("connect", *cells[name]), variables={})
    all_shown_well(notebook)
    assert "Connected to the sandbox" in text_of(notebook, "connect")
