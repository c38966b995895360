"""
Turn gitleaks' rules (MIT licence) into our list of secrets' formats.

    python scripts/import_secret_formats.py PATH/TO/gitleaks.toml

Only rules are taken, as data: a format that is recognised by itself becomes a line of ``secret_formats.tsv``, and the
name of a vendor whose keys are only recognised beside its name becomes a line of ``secret_vendors.txt``. The licence
stands in ``secret_formats.licence``. Formats of our own are in ``vendor_keys.tsv``; what those cover is left out.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import regex

DATA = Path(__file__).resolve().parent.parent / "apps" / "privacy" / "data"
BESIDE_A_NAME = r"(?:[ \t\w.-]{0,20})"
BEGINNINGS = (r"\b", r"""(?:^|[\\'"\x60\s>=:(,)])""")
ENDS = (
    r"""(?:[\x60'"\s;]|\\[nr]|$|\b)""",
    r"""(?:[\x60'"\s;]|\\[nr]|$)""",
    r"""(?:$|[\\'"\x60\s<),])""",
    r"(?:[^\w-]|\z)",
    r"(?:[^a-zA-Z0-9+/]|\z)",
    r"\b",
)
TOO_WIDE = frozenset(
    [
        "clickhouse-cloud-api-secret-key",  # a hash that happens to begin so
        "curl-auth-header",
        "curl-auth-user",
        "facebook-access-token",  # two numbers with a bar between them
        "freemius-secret-key",
        "jwt",  # ours looks into the token's head
        "kubernetes-secret-yaml",
        "nuget-config-password",
        "pkcs12-file",
        "private-key",
        "sidekiq-sensitive-url",
        "sourcegraph-access-token",  # any hash
        "vault-service-token",  # "s." and letters
    ]
)
"""Rules that name a surrounding, not a format (ours are in the code), or that match what is no secret."""
NOTE = "# Made by scripts/import_secret_formats.py from gitleaks' rules; licence: secret_formats.licence\n"


def main() -> None:
    """Write both lists."""
    ours = [
        line.split("\t")[1].split()
        for line in (DATA / "vendor_keys.tsv").read_text("utf-8").splitlines()
        if "\t" in line
    ]
    covered = {needle for needles in ours for needle in needles}
    rules = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["rules"]
    lines = [line(rule) for rule in rules if stands_alone(rule) and not is_covered(rule, covered)]
    (DATA / "secret_formats.tsv").write_text(NOTE + "".join(sorted(lines)), encoding="utf-8")
    names = {name for rule in rules if is_beside_a_name(rule) for name in rule["keywords"] if is_a_name(name)}
    (DATA / "secret_vendors.txt").write_text(NOTE + "".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")


def is_beside_a_name(rule: dict[str, Any]) -> bool:
    """Say whether a rule looks for any value assigned to a name that holds the vendor's."""
    return BESIDE_A_NAME in rule.get("regex", "") and rule["id"] not in ("generic-api-key", "hashicorp-tf-password")


def stands_alone(rule: dict[str, Any]) -> bool:
    """Say whether a rule describes a format that needs no name beside it."""
    return BESIDE_A_NAME not in rule.get("regex", BESIDE_A_NAME) and rule["id"] not in TOO_WIDE


def is_covered(rule: dict[str, Any], ours: set[str]) -> bool:
    """Say whether every string that a rule needs contains one that a format of ours needs."""
    return all(any(needle in keyword for needle in ours) for keyword in rule["keywords"])


def is_a_name(keyword: str) -> bool:
    """Say whether a keyword is a vendor's name, not the beginning of its keys."""
    return re.fullmatch(r"[a-z]{4,}(?:[_-][a-z]+)*", keyword) is not None and not keyword.endswith(("_pub", "_com"))


def line(rule: dict[str, Any]) -> str:
    """Write one format as reason, needed strings and pattern, with tabs between."""
    source = plain(rule["regex"])
    regex.compile(source, regex.VERSION0)
    name = rule["id"].replace("-", " ")
    return f"A secret in the format of: {name}\t{' '.join(rule['keywords'])}\t{source}\n"


def plain(source: str) -> str:
    """Take a pattern's ends away, which ours come with, and write Go's inline flags in Python's form."""
    for beginning in BEGINNINGS:
        source = source.removeprefix(beginning)
    for end in ENDS:
        source = source.removesuffix(end)
    is_any_case = "(?i)" in source
    source = re.sub(r"(?<!\\)\((?!\?)", "(?:", source.replace("(?i)", ""))
    source = re.sub(r"\(\?P<\w+>", "(?:", source).replace("[[:alnum:]]", "[A-Za-z0-9]")
    return f"(?i:{source})" if is_any_case else source


if __name__ == "__main__":
    main()
