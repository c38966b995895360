"""Keep tables readable: every row says what its cells mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


def rows(cells: Iterable[list[str]], *, has_header: bool) -> Iterator[str]:
    """
    Write each row as one line, ``Column: cell | Column: cell``, so that it still speaks when it stands alone.

    Without a header a row of two cells is read as name and value, any other as ``cell | cell``.
    """
    header: list[str] | None = None
    for row in cells:
        if not any(row):
            continue
        if has_header and header is None:
            header = row
            continue
        yield _line(row, header)
    if header is not None and any(header) and not has_header:
        yield " | ".join(header)


def _line(row: list[str], header: list[str] | None) -> str:
    if header is None:
        return f"{row[0]}: {row[1]}" if len(row) == 2 and all(row) else " | ".join(cell for cell in row if cell)
    named = (
        f"{header[index]}: {cell}" if index < len(header) and header[index] else cell
        for index, cell in enumerate(row)
        if cell
    )
    return " | ".join(named)
