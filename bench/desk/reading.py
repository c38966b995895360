"""An officer who reads without pause, until killed: `python -m bench.desk.reading`, with the scratch's environment."""

from __future__ import annotations

import itertools


def main() -> None:
    """Ask one page after the other."""
    import django

    django.setup()
    from bench.desk import pages

    browser, addresses = pages.officer(), list(pages.addresses().values())
    for address in itertools.cycle(addresses):
        browser.get(address)


if __name__ == "__main__":
    main()
