"""Runs both programs under Meltano, as scripts/test-meltano says. Everything is started by the demo's own launchers."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MELTANO = ROOT / ".venv-meltano/bin/meltano"
_loader = importlib.machinery.SourceFileLoader("demo", str(ROOT / "scripts/demo"))
demo = importlib.util.module_from_spec(importlib.util.spec_from_loader("demo", _loader))
_loader.exec_module(demo)

WORK = ROOT / ".demo" / "meltano"
PROJECT = "default_environment: test\nproject_id: test-meltano\nsend_anonymous_usage_stats: false\nenvironments:\n  - name: test\n"


def plugins() -> str:
    """The README's own definitions: the block of YAML that begins with `plugins:`."""
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    (block,) = [block for block in blocks if block.startswith("plugins:")]
    return block


def meltano(*arguments: str, environment: dict[str, str], must_succeed: bool = True) -> str:
    """Runs a command of Meltano in the project; everything it printed."""
    print("   meltano " + " ".join(arguments), flush=True)
    command = [str(MELTANO), "--log-level", "info", *arguments]
    done = subprocess.run(command, cwd=WORK, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    if done.returncode != 0 and must_succeed:
        raise demo.Failed(f"meltano {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def test_loader(environment: dict[str, str]) -> None:
    """Meltano's test of a loader, which looks for alarming words in what it prints and at its exit code. Version 4.4.1 then
    terminates the loader, and breaks down itself when that has ended by then, so what counts is what it found before."""
    said = meltano("config", "test", "target-snowflake", environment=environment, must_succeed=False)
    if "Test data was written to your target system" not in said:
        raise demo.Failed(f"target-snowflake:\n{said[-4000:]}")


def settings(heroku: str, snowflake: str) -> dict[str, str]:
    """What Meltano gives the plugins: those of the definitions by its own variables, the addresses of the local servers,
    which are in no definition, by the programs' variables."""
    port = snowflake.rpartition(":")[2]
    return {
        **os.environ,
        "PATH": f"{demo.BIN}{os.pathsep}{os.environ['PATH']}",
        "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
        "NO_COLOR": "1",
        "TAP_HEROKU_API_TOKEN": demo.API_TOKEN, "TAP_HEROKU_API_URL": heroku,
        "TARGET_SNOWFLAKE_ACCOUNT": "local", "TARGET_SNOWFLAKE_USER": "demo", "TARGET_SNOWFLAKE_PASSWORD": "demo",
        "TARGET_SNOWFLAKE_DATABASE": "DEMO", "TARGET_SNOWFLAKE_WAREHOUSE": "DEMO_WH",
        "TARGET_SNOWFLAKE_DEFAULT_TARGET_SCHEMA": "HEROKU", "TARGET_SNOWFLAKE_HOST": "127.0.0.1",
        "TARGET_SNOWFLAKE_PORT": port, "TARGET_SNOWFLAKE_PROTOCOL": "http",
    }  # fmt: skip


def check(servers: list[subprocess.Popen]) -> None:
    """All of it."""
    demo.build()
    heroku = demo.start("heroku", [str(demo.BIN / "heroku-simulator"), "--port", "0"], servers)
    local = [str(ROOT / "scripts/local-snowflake"), "--port", "0", "--data", str(demo.WORK / "snowflake")]
    snowflake = demo.start("snowflake", local, servers)
    (WORK / "meltano.yml").write_text(PROJECT + plugins())
    environment = settings(heroku, snowflake)

    demo.say("Meltano's own tests of an extractor and a loader")
    said = meltano("config", "test", "tap-heroku", environment=environment)
    if "Plugin configuration is valid" not in said:
        raise demo.Failed(f"tap-heroku:\n{said}")
    test_loader(environment)
    row = demo.Warehouse(snowflake).ask("SELECT id, name FROM meltano_test_stream")[1]
    if row != [["1", "Meltano Test Record"]]:
        raise demo.Failed(f"Meltano's test row is not there: {row}")
    if "apps" not in meltano("select", "--list", "--all", "tap-heroku", environment=environment):
        raise demo.Failed("meltano select does not list the apps")

    demo.say("a run of everything")
    meltano("run", "tap-heroku", "target-snowflake", environment=environment)
    warehouse = demo.Warehouse(snowflake)
    first = warehouse.counts()
    first.pop("meltano_test_stream", None)
    demo.check_first(heroku, first)

    written = demo.lines_written(heroku)
    demo.advance(heroku)
    new_lines = demo.lines_written(heroku) - written
    demo.say(f"a run of the {new_lines} new lines, from the state that Meltano kept")
    said = meltano("run", "tap-heroku", "target-snowflake", environment=environment)
    second = warehouse.counts()
    second.pop("meltano_test_stream", None)
    added = {name: count - first.get(name, 0) for name, count in second.items()}
    demo.table(["table", "rows added", "rows now"], [[name, added[name], count] for name, count in second.items()])
    if added["log_lines"] != new_lines or added["releases"] != demo.NEW_RELEASES:
        raise demo.Failed("rows are missing or doubled after the second run")
    sent = sum(int(count) for count in re.findall(r"tap-heroku .*metric_name=record_count metric_value=(\d+)", said))
    # Apps and releases that changed are sent again and merged.
    if not sum(added.values()) <= sent <= sum(added.values()) + 2 * demo.NEW_RELEASES + second["apps"]:
        raise demo.Failed(f"the second run did not go on from the state: {sent} records were sent for {sum(added.values())} rows")
    demo.say(f"done: {sent} records in the second run, as Meltano read it from the tap's METRIC lines")


def main() -> int:
    """Starts, checks, stops."""
    shutil.rmtree(demo.WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are stopped
    servers: list[subprocess.Popen] = []
    try:
        check(servers)
        return 0
    except (demo.Failed, OSError, subprocess.SubprocessError) as problem:
        print(f"\ntest-meltano: {problem}", file=sys.stderr)
        return 1
    finally:
        for server in reversed(servers):
            server.terminate()
        for server in servers:
            try:
                server.wait(timeout=10)
            except subprocess.TimeoutExpired:
                server.kill()


if __name__ == "__main__":
    sys.exit(main())
