"""Rules for the image and the compose file; what they start is started for real in test_production_shape.py."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.platform.processes import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL_STAGE = DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]
OURS = ("web", "worker", "scheduler", "sequencer", "prepare", "batches", "queues")


def test_everything_of_the_production_shape_is_there() -> None:
    assert set(SERVICES) == {
        "proxy", "web", "worker", "batches", "scheduler", "queues", "sequencer", "prepare", "database", "redis",
    }  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_as_little_as_it_needs(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert not {"network_mode", "pid", "ipc", "devices"} & set(service)
    assert "docker.sock" not in str(service)
    assert set(service.get("cap_add", [])) <= {
        "NET_BIND_SERVICE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "SETGID",
        "SETUID",
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_whether_it_is_well_and_keeps_its_logs_small(name: str) -> None:
    service = SERVICES[name]

    assert service["healthcheck"].get("test") or name == "prepare"
    assert service["logging"]["options"]["max-size"]
    assert service["restart"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_has_a_version(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]

    assert tag
    assert tag != "latest"


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_written_in_the_file(name: str) -> None:
    service = SERVICES[name]
    for variable, value in (service.get("environment") or {}).items():
        if re.search(r"PASSWORD|SECRET|KEY|_URL", variable) and variable != "PORTCULLIS_BASE_URL":
            assert str(value).startswith("/run/secrets/") or str(value) == f"${{{variable}:-}}", variable
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_the_owner_s_address_goes_to_the_preparation_alone() -> None:
    for name, service in SERVICES.items():
        has_it = "database_owner_url" in service.get("secrets", [])
        assert has_it == (name == "prepare"), name


def test_only_the_proxy_can_be_reached_and_only_web_batches_and_sequencer_can_go_out() -> None:
    assert [name for name, service in SERVICES.items() if service.get("ports")] == ["proxy"]
    assert COMPOSE["networks"]["back"]["internal"] is True
    going_out = [name for name, service in SERVICES.items() if "out" in service["networks"]]
    assert going_out == ["web", "batches", "sequencer"]
    for name in ("database", "redis", "worker", "scheduler", "queues", "prepare"):
        assert list(SERVICES[name]["networks"]) == ["back"], name


@pytest.mark.parametrize("name", ["web", "worker", "batches", "scheduler", "queues", "sequencer"])
def test_the_product_waits_for_the_prepared_database(name: str) -> None:
    assert SERVICES[name]["depends_on"]["prepare"]["condition"] == "service_completed_successfully"


def test_nothing_but_the_sequencer_can_reach_what_signs_the_ledger() -> None:
    for name, service in SERVICES.items():
        has_it = "evidence" in str(service.get("volumes")) or "sequencer_url" in service.get("secrets", [])
        assert has_it == (name == "sequencer"), name


def test_every_secret_of_the_compose_file_is_made_by_the_script_or_named_as_missing() -> None:
    script = (ROOT / "deploy" / "make-secrets.sh").read_text()

    for name in COMPOSE["secrets"]:
        assert re.search(rf"\b{name}\b", script), name


def test_the_image_is_built_in_two_stages_and_runs_as_nobody_in_particular() -> None:
    assert len(re.findall(r"^FROM ", DOCKERFILE, re.MULTILINE)) == 2
    assert re.search(r"^USER 10001:10001$", FINAL_STAGE, re.MULTILINE)
    assert FINAL_STAGE.index("USER 10001") < FINAL_STAGE.index("CMD")
    assert "apt-get" not in DOCKERFILE
    assert "ADD " not in DOCKERFILE
    assert "pip uninstall" in FINAL_STAGE
    assert re.search(r"^HEALTHCHECK .*portal\.healthcheck", FINAL_STAGE, re.MULTILINE)


def test_the_image_installs_the_lock_with_every_hash_checked() -> None:
    assert "pip install --require-hashes --no-deps --only-binary=:all: -r /tmp/requirements.lock" in DOCKERFILE


def test_no_base_image_is_without_a_version() -> None:
    for image in re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE):
        assert ":" in image
        assert not image.endswith(":latest")


def test_only_what_the_image_needs_is_sent_to_the_build() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE))

    assert copied == allowed


@pytest.mark.parametrize("script", ["deploy/make-secrets.sh", "deploy/create-roles.sh", "scripts/check.sh"])
def test_the_scripts_are_well_formed(script: str) -> None:
    assert subprocess.run(["sh", "-n", ROOT / script]).returncode == 0


def test_the_compose_file_passes_the_linter() -> None:
    rules = "{extends: relaxed, rules: {line-length: {max: 130}}}"
    done = subprocess.run(
        [sys.executable, "-m", "yamllint", "--strict", "-d", rules, ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout
