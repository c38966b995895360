"""How to point a program at the portal: text to paste, with the portal's own address and a model that answers."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Final

VARIABLE: Final = "PORTCULLIS_API_KEY"


@dataclass(frozen=True, slots=True)
class Setup:
    """One program's set-up: what it is called, one sentence on where the text goes, and the text."""

    slug: str
    name: str
    note: str
    code: str


def batch_setups(base_url: str, model: str) -> list[Setup]:
    """Give the texts that run a batch: a file of prompts, answered when there is room."""
    v1 = f"{base_url.rstrip('/')}/v1"
    line = {
        "custom_id": "1",
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {"model": model, "messages": [{"role": "user", "content": "Say hello."}]},
    }
    quoted = shlex.quote(json.dumps(line, ensure_ascii=False))
    rest = '"endpoint": "/v1/chat/completions", "completion_window": "24h"'
    return [
        Setup(
            "batch-curl",
            "A batch with curl",
            "In a shell: uploads a file of prompts and begins a batch. Needs a key for batches, and a model that an "
            "administrator opened to them.",
            f"printf '%s\\n' {quoted} > prompts.jsonl\n"
            f"file=$(curl -sS --fail-with-body {v1}/files \\\n"
            f'  -H "Authorization: Bearer ${VARIABLE}" \\\n'
            '  -F purpose=batch -F file=@prompts.jsonl | sed \'s/.*"id":"\\([^"]*\\).*/\\1/\')\n'
            f"curl -sS --fail-with-body {v1}/batches \\\n"
            f'  -H "Authorization: Bearer ${VARIABLE}" \\\n'
            '  -H "Content-Type: application/json" \\\n'
            f'  -d \'{{"input_file_id": "\'"$file"\'", {rest}}}\'',
        ),
        Setup(
            "batch-openai",
            "A batch with OpenAI (Python)",
            "The package openai: uploads prompts.jsonl, begins a batch, waits, and prints the answers.",
            "import os\nimport time\n\nfrom openai import OpenAI\n\n"
            f'client = OpenAI(base_url="{v1}", api_key=os.environ["{VARIABLE}"])\n'
            'with open("prompts.jsonl", "rb") as prompts:\n'
            '    file = client.files.create(file=prompts, purpose="batch")\n'
            "batch = client.batches.create(\n"
            "    input_file_id=file.id,\n"
            '    endpoint="/v1/chat/completions",\n'
            '    completion_window="24h",\n'
            ")\n"
            'while batch.status == "in_progress":\n'
            "    time.sleep(10)\n"
            "    batch = client.batches.retrieve(batch.id)\n"
            "if batch.output_file_id:\n"
            "    print(client.files.content(batch.output_file_id).text)",
        ),
    ]


def setups(base_url: str, model: str) -> list[Setup]:
    """
    Give the set-up of each program that the tests run against the portal, and of an editor.

    The key itself is in none of them: each reads it from the environment or from the program's own store of keys, so
    that the text can be kept in a repository.
    """
    v1 = f"{base_url.rstrip('/')}/v1"
    question = [{"role": "user", "content": "Say hello."}]
    body = json.dumps({"model": model, "messages": question}, ensure_ascii=False)
    quoted, in_yaml = repr(model), json.dumps(model, ensure_ascii=False)
    return [
        Setup(
            "curl",
            "curl",
            "In a shell.",
            f"curl --fail-with-body {v1}/chat/completions \\\n"
            f'  -H "Authorization: Bearer ${VARIABLE}" \\\n'
            '  -H "Content-Type: application/json" \\\n'
            f"  -d {shlex.quote(body)}",
        ),
        Setup(
            "openai",
            "OpenAI (Python)",
            "The package openai; its clients in other languages take the same two settings.",
            "import os\n\nfrom openai import OpenAI\n\n"
            f'client = OpenAI(base_url="{v1}", api_key=os.environ["{VARIABLE}"])\n'
            "answer = client.chat.completions.create(\n"
            f"    model={quoted},\n"
            '    messages=[{"role": "user", "content": "Say hello."}],\n'
            ")\nprint(answer.choices[0].message.content)",
        ),
        Setup(
            "anthropic",
            "Anthropic (Python)",
            "The package anthropic. Its address is the portal's, without /v1.",
            "import os\n\nfrom anthropic import Anthropic\n\n"
            f'client = Anthropic(base_url="{base_url.rstrip("/")}", api_key=os.environ["{VARIABLE}"])\n'
            "answer = client.messages.create(\n"
            f"    model={quoted},\n"
            "    max_tokens=500,\n"
            '    messages=[{"role": "user", "content": "Say hello."}],\n'
            ")\nprint(answer.content[0].text)",
        ),
        Setup(
            "llm",
            "llm",
            "In a shell; llm asks for the key once and keeps it.",
            "llm keys set portcullis\n"
            'cat >> "$(dirname "$(llm logs path)")/extra-openai-models.yaml" <<\'END\'\n'
            "- model_id: portcullis\n"
            f"  model_name: {in_yaml}\n"
            f'  api_base: "{v1}"\n'
            "  api_key_name: portcullis\n"
            "END\n"
            "llm -m portcullis 'Say hello.'",
        ),
        Setup(
            "litellm",
            "LiteLLM (Python)",
            "The package litellm, used as a client.",
            "import os\n\nimport litellm\n\n"
            "answer = litellm.completion(\n"
            f"    model={'openai/' + model!r},\n"
            f'    api_base="{v1}",\n'
            f'    api_key=os.environ["{VARIABLE}"],\n'
            '    messages=[{"role": "user", "content": "Say hello."}],\n'
            ")\nprint(answer.choices[0].message.content)",
        ),
        Setup(
            "editor",
            "An editor",
            "Any editor with a field for an OpenAI-compatible server takes this address, the key and the model's name. "
            "In the file config.yaml of Continue it looks like this.",
            "name: Portcullis\nversion: 1.0.0\nschema: v1\nmodels:\n"
            "  - name: Portcullis\n"
            "    provider: openai\n"
            f"    model: {in_yaml}\n"
            f'    apiBase: "{v1}"\n'
            f"    apiKey: ${{{{ secrets.{VARIABLE} }}}}\n"
            "    roles: [chat, edit]",
        ),
    ]
