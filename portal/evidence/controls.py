"""Which part of the product answers which control of which framework: read from `controls.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

SOURCE: Final = Path(__file__).parent / "controls.toml"


@dataclass(frozen=True, slots=True)
class Feature:
    """A part of the product: what it does, the headings that describe it, its settings, the tests that show it."""

    name: str
    does: str
    docs: tuple[str, ...]
    settings: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a framework in words of our own, the features that answer it, and what is left to the company."""

    framework: str
    id: str
    about: str
    features: tuple[Feature, ...]
    company: str


def read(source: Path = SOURCE) -> list[Control]:
    """
    Read all controls, in the order of the file.

    :raises KeyError: if a control names a feature that the file has not.
    """
    told = tomllib.loads(source.read_text("utf-8"))
    features = {name: _feature(name, each) for name, each in told["features"].items()}
    return [_control(each, features) for each in told["controls"]]


def tests_of(controls: list[Control]) -> list[str]:
    """List every test that the controls name, once, as pytest takes them."""
    return sorted({test for control in controls for feature in control.features for test in feature.tests})


def _feature(name: str, told: Mapping[str, Any]) -> Feature:
    return Feature(name, told["does"], tuple(told["docs"]), tuple(told.get("settings", ())), tuple(told["tests"]))


def _control(told: Mapping[str, Any], features: Mapping[str, Feature]) -> Control:
    named = tuple(features[name] for name in told["features"])
    return Control(told["framework"], told["id"], told["about"], named, told["company"])
