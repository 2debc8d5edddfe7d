"""jinja2, with the options of transformers, judges what conversations are rendered to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

HERE = Path(__file__).parent
NOTEBOOK = HERE.parents[2] / "notebooks" / "5-chat-templates.ipynb"

CHATML = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system\\nBe helpful.<|im_end|>\\n' }}{% endif %}\
{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

STRICT_TURNS = """{{ bos_token }}{% for message in messages %}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
        {{- raise_exception('Roles must alternate') }}
    {%- endif %}
    {%- if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}
    {%- else %}{{ ' ' + message['content'] | trim + eos_token }}{% endif %}
{%- endfor %}"""

TOOLS = """{%- set ns = namespace(calls=0, system='') %}
{%- for m in messages if m.role == 'system' %}{% set ns.system = ns.system + m.content %}{% endfor %}
{{- '<system>' + ns.system }}
{%- if tools %}
    {{- '\\n<tools>' }}
    {%- for tool in tools %}
        {{- '\\n' + (tool | tojson) }}
    {%- endfor %}
    {{- '\\n</tools>' }}
{%- endif %}
{%- for m in messages %}
    {%- if m.role == 'system' %}{% continue %}{% endif %}
    {{- '\\n<' ~ m.role ~ '>' }}
    {%- if m.content is string %}{{- m.content | trim }}{% endif %}
    {%- for call in m.tool_calls or [] %}
        {%- set ns.calls = ns.calls + 1 %}
        {{- '\\n' ~ ns.calls ~ ': ' + call.function.name }}
        {%- for name, value in call.function.arguments | items %}{{- ' ' + name + '=' ~ value }}{% endfor %}
    {%- endfor %}
{%- endfor %}"""

# What JavaScript joins and Python does not.
JOINING = "{% for m in messages %}{{ m.role + ': ' + m.content }}\n{% endfor %}"


def notebook_templates() -> dict[str, str]:
    """Those that the tutorial writes down, as its cell has them."""
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    [source] = ["".join(cell["source"]) for cell in cells if cell["id"] == "define-templates"]
    found = {}
    for name in ("DEEPSEEK", "LLAMA_3_1"):
        text = source.split(f"const {name} = `", 1)[1].split("`;", 1)[0]
        found[name] = text.replace("\\\\", "\\")
    return found


TEMPLATES = {
    "ChatML": CHATML,
    "strict turns": STRICT_TURNS,
    "tools": TOOLS,
    "joining": JOINING,
    **notebook_templates(),
}

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Wie ist das Wetter in \"Köln\" <heute>?",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


def turn(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def call(number: int, **arguments: Any) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": arguments}
    return {"id": f"call-{number}", "type": "function", "function": function}


CONVERSATIONS: dict[str, list[dict[str, Any]]] = {
    "question": [turn("user", "Hello, what is 1 < 2?")],
    "system": [turn("system", "Be brief.\n"), turn("user", " Grüße 👋 ")],
    "turns": [turn("user", "a"), turn("assistant", " b\n"), turn("user", "c")],
    "two of the user": [turn("user", "a"), turn("user", "b")],
    "call": [
        turn("user", "Paris?"),
        turn("assistant", "", tool_calls=[call(1, city="Paris", days=2)]),
        turn("tool", "18 degrees", tool_call_id="call-1"),
    ],
    "null content": [
        turn("user", "Paris?"),
        turn("assistant", None, tool_calls=[call(1, city="Paris")]),
        turn("tool", "18 degrees", tool_call_id="call-1"),
    ],
    "two calls": [
        turn("user", "Paris and Rome?"),
        turn("assistant", "", tool_calls=[call(1, city="Paris"), call(2, city="Rome")]),
    ],
    "list": [turn("user", [{"type": "text", "text": "Hello"}])],
    "object": [turn("user", {"text": "Hello"})],
    "number": [turn("user", 5)],
    "empty": [turn("user", "")],
}

# The library's `trim` takes nothing but text; Python's makes text of what it is given.
NOT_TRIMMED = {("LLAMA_3_1", conversation) for conversation in ("list", "object", "number")}


def by_jinja2(template: str, options: dict[str, Any]) -> str | None:
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)

    def raise_exception(message: str) -> None:
        raise jinja2.TemplateError(message)

    environment.globals["raise_exception"] = raise_exception
    try:
        return environment.from_string(template).render(
            messages=options["messages"],
            tools=options.get("tools"),
            add_generation_prompt=options["addGenerationPrompt"],
            bos_token=options["bosToken"],
            eos_token=options["eosToken"],
        )
    except (jinja2.TemplateError, TypeError):
        return None


Render = Callable[[list[dict[str, Any]]], list[str | None]]


@pytest.fixture(scope="module")
def render(tmp_path_factory: pytest.TempPathFactory) -> Render:
    folder = tmp_path_factory.mktemp("render")
    program, cases_file, results = (folder / name for name in ("render.mjs", "in", "out"))
    subprocess.run(["node", str(HERE / "testing" / "buildProgram.mjs"), str(program)], check=True)

    def run(cases: list[dict[str, Any]]) -> list[str | None]:
        cases_file.write_text(json.dumps(cases))
        subprocess.run(["node", str(program), str(cases_file), str(results)], check=True)
        found: list[str | None] = json.loads(results.read_text())
        return found

    return run


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_rendering_is_that_of_jinja2(render: Render, name: str) -> None:
    cases, labels = [], []
    for conversation, messages in CONVERSATIONS.items():
        for tools in (None, [WEATHER]):
            options = {
                "messages": messages,
                "addGenerationPrompt": tools is None,
                "bosToken": "<s>",
                "eosToken": "</s>",
                **({} if tools is None else {"tools": tools}),
            }
            cases.append({"template": TEMPLATES[name], "options": options})
            labels.append((conversation, tools is not None))
    expected = [by_jinja2(case["template"], case["options"]) for case in cases]
    assert any(text is not None for text in expected)
    for label, ours, theirs in zip(labels, render(cases), expected, strict=True):
        assert ours == (None if (name, label[0]) in NOT_TRIMMED else theirs), label


def test_some_conversations_are_refused() -> None:
    """The cases above would say nothing of refusals if there were none."""
    refused = {
        (name, conversation)
        for name, template in TEMPLATES.items()
        for conversation, messages in CONVERSATIONS.items()
        if by_jinja2(
            template,
            {"messages": messages, "addGenerationPrompt": True, "bosToken": "", "eosToken": ""},
        )
        is None
    }
    assert {("joining", "object"), ("ChatML", "list"), ("strict turns", "two of the user")} <= refused
    assert {("LLAMA_3_1", "two calls"), ("DEEPSEEK", "null content")} <= refused
