"""What is measured: the provider alone, the portal by two doors, and other gateways in front of the same provider."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from portal.embedded.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_START = 300
QUESTION = "Please write to Grace Hopper (grace{place}.{run}@example.org) about order {number} of last week."


@dataclass(frozen=True, slots=True)
class Target:
    """
    Something that answers. `root` is the process whose tree is measured; None leaves CPU and memory out.

    :ivar extra: what only the browser's door needs: the person's team and the form's token.
    """

    name: str
    kind: str
    host: str
    port: int
    path: str
    model: str
    root: int | None
    headers: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)


class NotInstalled(Exception):
    """A peer is not on this machine; the sentence says how to put it there."""


@contextmanager
def provider(tokens: int, seconds_between: float) -> Iterator[tuple[str, Target]]:
    """Start the provider; give its base address and itself as a target."""
    command = [sys.executable, "-m", "bench.gateway.provider", str(tokens), str(seconds_between)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        port = int(url.split(":")[2].split("/")[0])
        yield url, Target("provider alone", "openai", "127.0.0.1", port, "/v1/chat/completions", "bench", None)
    finally:
        process.kill()
        process.wait()


@contextmanager
def litellm(folder: Path, provider_url: str, home: Path) -> Iterator[list[Target]]:
    """
    LiteLLM's proxy with one model and one master key, without its database: its cheapest configuration.

    :raises NotInstalled: if `folder` has no environment named litellm.
    """
    program = _installed(folder, "litellm/bin/litellm", "litellm[proxy]")
    port = free_port()
    settings = {
        "model_list": [
            {
                "model_name": "bench",
                "litellm_params": {"model": "openai/bench", "api_base": provider_url, "api_key": "none"},
            }
        ],
        "general_settings": {"master_key": "sk-bench"},
    }
    configuration = home / "litellm.yaml"
    configuration.write_text(json.dumps(settings))
    command = [str(program), "--config", str(configuration), "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    with _running(command, environment, home / "litellm.log", f"http://127.0.0.1:{port}/health/liveliness") as root:
        headers = {"Authorization": "Bearer sk-bench"}
        yield [Target("LiteLLM proxy", "openai", "127.0.0.1", port, "/v1/chat/completions", "bench", root, headers)]


@contextmanager
def open_webui(folder: Path, provider_url: str, home: Path) -> Iterator[list[Target]]:
    """
    Open WebUI, by its API and with its own SQLite; nothing is stored of an exchange by this door.

    :raises NotInstalled: if `folder` has no environment named openwebui.
    """
    program = _installed(folder, "openwebui/bin/open-webui", "open-webui")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATA_DIR": str(home / "open-webui"),
        "WEBUI_SECRET_KEY": "only for this measurement on this machine",
        "OFFLINE_MODE": "true",
        "HF_HUB_OFFLINE": "1",
        "ENABLE_OLLAMA_API": "false",
        "ENABLE_VERSION_UPDATE_CHECK": "false",
        "RAG_EMBEDDING_ENGINE": "openai",
        "OPENAI_API_BASE_URL": provider_url,
        "OPENAI_API_KEY": "none",
        "GLOBAL_LOG_LEVEL": "ERROR",
    }
    (home / "open-webui").mkdir()
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", str(port)]
    with _running(command, environment, home / "open-webui.log", f"{address}/health") as root:
        person = {"name": "Bench", "email": "bench@example.org", "password": "bench-bench-1"}
        token = httpx.post(f"{address}/api/v1/auths/signup", json=person, timeout=60).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        httpx.get(f"{address}/api/models", headers=headers, timeout=60).raise_for_status()
        yield [Target("Open WebUI", "openai", "127.0.0.1", port, "/api/chat/completions", "bench", root, headers)]


def _installed(folder: Path, program: str, package: str) -> Path:
    found = folder / program
    if not found.exists():
        raise NotInstalled(f"{found} is missing: make a virtual environment there and install {package}.")
    return found


@contextmanager
def _running(command: list[str], environment: dict[str, str], log: Path, health: str) -> Iterator[int]:
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=file, stderr=file)
    try:
        wait_until(lambda: _is_well(health), process, log)
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def wait_until(is_ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """
    Wait for a program to be ready.

    :raises RuntimeError: with the program's log if it ends before, or is not ready after five minutes.
    """
    began = time.monotonic()
    while not is_ready():
        if process.poll() is not None or time.monotonic() - began > SECONDS_TO_START:
            raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()[-4000:]}")
        time.sleep(0.2)


def _is_well(health: str) -> bool:
    try:
        return httpx.get(health, timeout=5).status_code == 200
    except httpx.TransportError:
        return False
