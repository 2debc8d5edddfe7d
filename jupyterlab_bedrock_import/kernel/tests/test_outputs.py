"""Nothing is lost, cut, or under another cell: many cells, many lines, large outputs."""

from __future__ import annotations

from pathlib import Path

from deno import find_deno_bin

from jupyterlab_bedrock_import.kernel.tests.kernel_client import KERNEL, RunningKernel
from jupyterlab_bedrock_import.kernel.tests.outputs_harness import (
    Counts,
    count,
    run_cells,
    source,
    stock_kernel,
)

CELLS = 500
MEGABYTE = 1_000_000


def test_500_cells_have_all_their_outputs(tmp_path: Path) -> None:
    sources = [source(number) for number in range(CELLS)]
    ours = count(run_cells(KERNEL, sources, tmp_path))
    with stock_kernel(find_deno_bin()) as stock:
        theirs = count(run_cells(stock, sources, tmp_path))
    # What Deno's own kernel does is told, not judged: it may be mended one day.
    print(f"\n{KERNEL}: {ours}\n`deno jupyter`: {theirs}")
    assert ours == Counts(CELLS)
    assert theirs.cells == CELLS


def test_the_harness_sees_what_is_wrong() -> None:
    def cell(*texts: str) -> dict[str, object]:
        return {"outputs": [{"output_type": "stream", "text": text} for text in texts]}

    right = "".join(f"<0: {part}>" for part in ["line 0", "line 1", "line 2", "line 3"])
    right += "<0: shown><0: error><0: value>"
    cells = [cell(right), cell(), cell("<2: line 0>"), cell("<1: value>")]
    assert count(cells) == Counts(4, lost=1, partial=1, foreign=1)


def test_5000_prints(kernel: RunningKernel) -> None:
    result = kernel.run("for (let i = 0; i < 5000; i++) console.log(`line ${i}`);")
    assert result.text() == "".join(f"line {number}\n" for number in range(5000))


def test_5000_prints_to_both_streams(kernel: RunningKernel) -> None:
    result = kernel.run(
        "for (let i = 0; i < 5000; i++) (i % 2 ? console.error : console.log)(`line ${i}`);"
    )
    assert "".join(output["text"] for output in result.outputs) == "".join(
        f"line {number}\n" for number in range(5000)
    )


def test_10_mb_in_one_print(kernel: RunningKernel) -> None:
    result = kernel.run(f"console.log('x'.repeat({10 * MEGABYTE} - 1) + 'y'); 'after'")
    text = result.text()
    assert len(text) == 10 * MEGABYTE + 1
    assert text.endswith("xy\n")
    assert result.value == '"after"'


def test_10_mb_in_one_display(kernel: RunningKernel) -> None:
    result = kernel.run(
        f"await Deno.jupyter.display({{ 'text/html': '🦕'.repeat({10 * MEGABYTE // 4}) }}, "
        "{ raw: true }); console.log('after')"
    )
    [shown] = [o for o in result.outputs if o["type"] == "display_data"]
    assert shown["data"]["text/html"] == "🦕" * (10 * MEGABYTE // 4)
    assert result.text() == "after\n"


def test_10_mb_without_an_end_of_line(kernel: RunningKernel) -> None:
    result = kernel.run(
        f"for (let i = 0; i < 1000; i++) Deno.stdout.writeSync(new Uint8Array({10_000}).fill(97));"
    )
    assert len(result.text()) == 10 * MEGABYTE


def test_an_update_a_millisecond(kernel: RunningKernel) -> None:
    result = kernel.run(
        """
        const show = (n: number, update: boolean) =>
          Deno.jupyter.display({ 'text/plain': `${n} %` }, { raw: true, display_id: 'fast', update });
        await show(0, false);
        for (let n = 1; n <= 2000; n++) await show(n, true);
        """
    )
    assert [o["data"]["text/plain"] for o in result.outputs] == [f"{n} %" for n in range(2001)]
