"""Measures whole programs against `scripts/local-snowflake --null`: wall time, CPU of all threads, peak memory.

Called by `scripts/bench`; needs nothing but Python and, with --peers, the network once (PyPI). Linux and macOS.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/target-snowflake"
MEMORY_LIMIT_MEBIBYTES = 64
RUNS = 5
# The streams of `program`: records of each, so that each is some 75 MB of lines.
STREAMS = {"orders": 100_000, "wide": 15_000, "narrow": 600_000, "nested": 40_000}


class Peer(NamedTuple):
    """Another Snowflake target: what to install, statements that make what it expects to be there, its function that
    does all, settings beside those of the server, and what it took on the reference machine."""

    name: str
    requirements: tuple[str, ...]
    statements: tuple[str, ...]
    entry_point: str
    settings: dict[str, object]
    reference: str


PEERS = [
    Peer(
        "MeltanoLabs",
        ("meltanolabs-target-snowflake==0.20.4",),
        (),
        "target_snowflake.target:TargetSnowflake.cli",
        {"database": "DEMO", "schema": "PUBLIC", "default_target_schema": "MELTANOLABS", "uuid_format": "string"},
        "53.7 s, 188 MiB",
    ),
    Peer(
        "PipelineWise",
        # Its pandas was built for an older numpy than pip would choose.
        ("pipelinewise-target-snowflake==2.3.0", "numpy<2"),
        (
            "CREATE SCHEMA IF NOT EXISTS DEMO.PIPELINEWISE",
            "CREATE FILE FORMAT IF NOT EXISTS DEMO.PUBLIC.BENCH TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '\"'",
        ),
        "target_snowflake:main",
        {"dbname": "DEMO", "default_target_schema": "PIPELINEWISE", "file_format": "DEMO.PUBLIC.BENCH"},
        "42.5 s, 523 MiB",
    ),
]


class Cost(NamedTuple):
    """What a process took."""

    wall_seconds: float
    cpu_seconds: float
    peak_mebibytes: float

    def __str__(self) -> str:
        return f"{self.wall_seconds:8.3f} s wall {self.cpu_seconds:8.3f} s CPU {self.peak_mebibytes:6.1f} MiB peak"


def cargo_bench(*arguments: str, output: object = subprocess.PIPE) -> str:
    """Runs a command of benches/hot_path."""
    command = ["cargo", "bench", "--locked", "--quiet", "-p", "target-snowflake", "--bench", "hot_path", "--"]
    done = subprocess.run([*command, *arguments], cwd=ROOT, stdout=output, check=True, text=True)
    return done.stdout or ""


def lines_of(directory: Path, name: str, count: int) -> Path:
    """A file with the lines of a stream."""
    path = directory / f"{name}-{count}.jsonl"
    if not path.exists():
        with path.open("wb") as file:
            cargo_bench("lines", str(count), name, output=file)
    return path


def measured(command: list[str], lines: object, what: str) -> Cost:
    """Runs a program to its end. Its stdout must end with the STATE that it was given."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as messages:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdin=lines, stdout=output, stderr=messages)
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        if process.returncode != 0 or b"bookmarks" not in output.read():
            messages.seek(0)
            text = messages.read().decode(errors="replace")[-1500:]
            raise RuntimeError(f"{what}: exit code {process.returncode}, no STATE or failed\n{text}")
    peak_bytes = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Cost(wall_seconds, usage.ru_utime + usage.ru_stime, peak_bytes / 2**20)


def best(costs: list[Cost]) -> Cost:
    """The least time, because the others were disturbed, and the most memory."""
    return Cost(
        min(cost.wall_seconds for cost in costs),
        min(cost.cpu_seconds for cost in costs),
        max(cost.peak_mebibytes for cost in costs),
    )


class Bench:
    """A running server and a directory for files."""

    def __init__(self, directory: Path, port: int) -> None:
        self.directory = directory
        self.port = port
        settings = {
            "account": "local",
            "user": "demo",
            "password": "demo",
            "database": "DEMO",
            "warehouse": "DEMO_WH",
            "host": "127.0.0.1",
            "port": port,
            "protocol": "http",
        }
        self.config = directory / "config.json"
        self.config.write_text(json.dumps(settings))

    def ours(self, lines: object) -> Cost:
        """One run of the release program at default settings."""
        return measured([str(PROGRAM), "--config", str(self.config)], lines, "target-snowflake")

    def ours_on_file(self, path: Path, runs: int = RUNS) -> Cost:
        """The best of several runs, the file as stdin."""
        costs = []
        for _ in range(runs):
            with path.open("rb") as lines:
                costs.append(self.ours(lines))
        return best(costs)

    def ours_on_repeated(self, path: Path, times: int) -> Cost:
        """One run with the file's lines so many times, through a pipe."""
        feeder = subprocess.Popen(["cat", *[str(path)] * times], stdout=subprocess.PIPE)
        cost = self.ours(feeder.stdout)
        feeder.wait()
        return cost

    def peer(self, peer: Peer, path: Path) -> Cost:
        """One run of a peer, in its own environment, its connector pointed at the local server."""
        python = str(environment_of(peer))
        config = self.directory / f"{peer.name}.json"
        common = {"account": "local", "user": "demo", "password": "demo", "warehouse": "DEMO_WH"}
        config.write_text(json.dumps({**common, **peer.settings}))
        launcher = str(Path(__file__).with_name("peer_launcher.py"))
        for statement in peer.statements:
            subprocess.run([python, launcher, str(self.port), "sql", statement], check=True)
        command = [python, launcher, str(self.port), peer.entry_point, "--config", str(config)]
        with path.open("rb") as lines:
            return measured(command, lines, peer.name)


def environment_of(peer: Peer) -> Path:
    """The Python of the peer's environment, which is made if need be."""
    directory = ROOT / f".venv-peer-{peer.name.lower()}"
    python = directory / "bin/python"
    stamp, wanted = directory / ".requirements", "\n".join(peer.requirements)
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {wanted} …", file=sys.stderr)
        subprocess.run([os.environ.get("PEER_PYTHON", "python3.11"), "-m", "venv", str(directory)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *peer.requirements], check=True)
        stamp.write_text(wanted)
    return python


def program(bench: Bench, peers: bool) -> bool:
    """Every stream: ours, compress-only, their ratio. With peers: theirs on `orders`."""
    print(f"whole program at default settings, best of {RUNS}, server with --null")
    is_good = True
    for name, count in STREAMS.items():
        path = lines_of(bench.directory, name, count)
        ours = bench.ours_on_file(path)
        compress_wall, compress_cpu, csv_bytes, gzip_bytes = map(float, cargo_bench("compress", str(count), name).split())
        cpu_ratio = ours.cpu_seconds / compress_cpu
        is_good &= ours.peak_mebibytes <= MEMORY_LIMIT_MEBIBYTES
        print(f"{name}: {count} records, {path.stat().st_size / 1e6:.0f} MB of lines, {csv_bytes / 1e6:.0f} MB of CSV,"
              f" {gzip_bytes / 1e6:.1f} MB compressed")
        print(f"  ours          {ours}")
        print(f"  compress-only {compress_wall:8.3f} s wall {compress_cpu:8.3f} s CPU")
        print(f"  ratio to it   {ours.wall_seconds / compress_wall:8.2f} in wall time {cpu_ratio:.2f} in CPU time")
        if name == "orders":
            compare(bench, path, ours, peers)
    return is_good


def compare(bench: Bench, path: Path, ours: Cost, peers: bool) -> None:
    """The other targets on the same lines, or what is known of them."""
    for peer in PEERS:
        if not peers:
            print(f"  {peer.name}: {peer.reference} on another machine (cited, not measured; --peers measures)")
            continue
        theirs = bench.peer(peer, path)
        print(f"  {peer.name:<13} {theirs}")
        print(f"  ratio to ours {theirs.wall_seconds / ours.wall_seconds:8.1f} in wall time"
              f" {theirs.cpu_seconds / ours.cpu_seconds:.1f} in CPU time"
              f" {theirs.peak_mebibytes / ours.peak_mebibytes:.1f} in memory")


def linear(bench: Bench, largest: int) -> bool:
    """Cost of a record and memory from 10,000 records on, each count ten times the one before."""
    print("orders through a pipe, one run each")
    path = lines_of(bench.directory, "orders", 10_000)
    count, is_good = 10_000, True
    while count <= largest:
        cost = bench.ours_on_repeated(path, count // 10_000)
        is_good &= cost.peak_mebibytes <= MEMORY_LIMIT_MEBIBYTES
        print(f"{count:>10} records {cost}  {cost.wall_seconds / count * 1e6:6.2f} µs wall"
              f" {cost.cpu_seconds / count * 1e6:6.2f} µs CPU a record")
        count *= 10
    return is_good


def limits(bench: Bench) -> bool:
    """Fifty streams in turn, and one record of 20 MiB."""
    is_good = True
    for name, count, what in [
        ("fifty", 200_000, "200000 records of 50 streams in turn"),
        ("large", 1, "one record of 20 MiB"),
    ]:
        cost = bench.ours_on_file(lines_of(bench.directory, name, count), runs=1)
        is_good &= cost.peak_mebibytes <= MEMORY_LIMIT_MEBIBYTES
        print(f"{what}: {cost}")
    return is_good


def main() -> int:
    """Builds, starts the server, measures. 1 when a process took more than 64 MiB."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["program", "linear", "limits"])
    parser.add_argument("--peers", action="store_true", help="also run both peers, from PyPI, on the same lines")
    parser.add_argument("--largest", type=int, default=1_000_000, help="records of the longest `linear` run")
    arguments = parser.parse_args()
    subprocess.run(["cargo", "build", "--locked", "--quiet", "--release", "-p", "target-snowflake"], cwd=ROOT, check=True)
    server = subprocess.Popen([str(ROOT / "scripts/local-snowflake"), "--null"], stdout=subprocess.PIPE, text=True)
    try:
        line = next((line for line in server.stdout or [] if line.startswith("listening on ")), "")
        with tempfile.TemporaryDirectory(prefix="bench-") as directory:
            bench = Bench(Path(directory), int(line.rsplit(":", 1)[1]))
            if arguments.what == "program":
                is_good = program(bench, arguments.peers)
            elif arguments.what == "linear":
                is_good = linear(bench, arguments.largest)
            else:
                is_good = limits(bench)
    finally:
        server.terminate()
        server.wait()
    if not is_good:
        print(f"more than {MEMORY_LIMIT_MEBIBYTES} MiB")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
