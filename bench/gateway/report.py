"""The figures as tables in Markdown and as one picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.gateway.measure import Level, Measured

ROW_HEIGHT, BAR_HEIGHT, LEFT, WIDTH = 26, 18, 170, 760
COLOURS = {1: "#9db8d9", 10: "#5c8fc7", 40: "#2f66a6", 200: "#173a66"}
OTHER_COLOUR = "#777777"


def tables(measured: Sequence[Measured]) -> str:
    """Give everything as Markdown."""
    lines = [
        "| target | users | CPU for one exchange | first word p50 | p95 | words' gap p95 | whole answer p50 | memory "
        "| of it web | failed |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_row(one.name, level) for one in measured for level in one.levels]
    lines += ["", "| target | users | CPU by part |", "|---|---|---|"]
    lines += [_parts(one.name, level) for one in measured for level in one.levels if len(level.cpu) > 1]
    pastes = [(one.name, one.paste) for one in measured if one.paste]
    if pastes:
        lines += ["", "| target | gap p95 of a stream alone | beside a paste | the paste took |", "|---|---|---|---|"]
        lines += [f"| {n} | {p.alone:.0f} ms | {p.beside:.0f} ms | {p.paste_seconds:.0f} s |" for n, p in pastes]
    for one in measured:
        if one.memory:
            lines += ["", f"Memory of the web process, {one.name} (exchanges: MB): "]
            lines.append(", ".join(f"{count}: {size:.0f}" for count, size in one.memory))
    return "\n".join(lines) + "\n"


def _row(name: str, level: Level) -> str:
    cpu = f"{level.all_cpu:.0f} ms" if level.cpu else "-"
    memory = f"{level.resident:.0f} MB | {level.web_resident:.0f} MB" if level.cpu else "- | -"
    return (
        f"| {name} | {level.users} | {cpu} | {level.first_p50:.0f} ms | {level.first_p95:.0f} ms "
        f"| {level.gap_p95:.0f} ms | {level.total_p50:.0f} ms | {memory} | {level.failures} |"
    )


def _parts(name: str, level: Level) -> str:
    parts = sorted(level.cpu.items(), key=lambda part: -part[1])
    return f"| {name} | {level.users} | {', '.join(f'{part or name} {value:.0f}' for part, value in parts)} |"


def picture(measured: Sequence[Measured]) -> str:
    """Draw CPU for one exchange and time to the first word of each target at each number of users, as SVG."""
    with_cpu = [one for one in measured if one.levels and one.levels[0].cpu]
    left = _chart("CPU for one exchange of 100 tokens, ms", with_cpu, lambda level: level.all_cpu)
    right = _chart("First word p50, ms", measured, lambda level: level.first_p50)
    height_left, height_right = left[1], right[1]
    height = height_left + height_right + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#ffffff"/>'
        f'{left[0]}<g transform="translate(0 {height_left + 10})">{right[0]}</g></svg>\n'
    )


def _chart(title: str, measured: Sequence[Measured], value_of: object) -> tuple[str, int]:
    assert callable(value_of)
    rows = [(one.name, level) for one in measured for level in one.levels]
    most = max((value_of(level) for _, level in rows), default=1.0) or 1.0
    parts = [f'<text x="10" y="22" font-weight="bold" fill="#111111">{escape(title)}</text>']
    y, last = 36, ""
    for name, level in rows:
        y += 10 if last and last != name else 0
        value = value_of(level)
        width = max(1.0, value / most * (WIDTH - LEFT - 140))
        colour = COLOURS.get(level.users, OTHER_COLOUR)
        if name != last:
            parts.append(f'<text x="10" y="{y + 14}" fill="#111111">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" fill="{colour}"/>')
        label = f"{value:.0f} ({level.users} user{'s' if level.users > 1 else ''})"
        parts.append(f'<text x="{LEFT + width + 6:.1f}" y="{y + 14}" fill="#333333">{label}</text>')
        y, last = y + ROW_HEIGHT, name
    return "".join(parts), y


def memory_picture(name: str, samples: Sequence[tuple[int, float]]) -> str:
    """Draw memory of the web process in megabytes, from zero, over (exchanges so far, megabytes), as SVG."""
    exchanges, highest = samples[-1][0], max(size for _, size in samples)
    left, right, top, bottom = 60, 700, 40, 190
    points = [
        (left + count / exchanges * (right - left), bottom - size / highest * (bottom - top)) for count, size in samples
    ]
    line = " ".join(f"{x:.0f},{y:.1f}" for x, y in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="230" viewBox="0 0 {WIDTH} 230" '
        f'font-family="sans-serif" font-size="13"><rect width="100%" height="100%" fill="#ffffff"/>'
        f'<text x="10" y="20" font-weight="bold" fill="#111111">Memory of the web process, MB</text>'
        f'<polyline points="{line}" fill="none" stroke="{COLOURS[40]}" stroke-width="2"/>'
        f'<line x1="{left}" y1="{bottom}" x2="{right}" y2="{bottom}" stroke="{OTHER_COLOUR}"/>'
        f'<text x="20" y="{bottom + 4}" fill="#333333">0</text>'
        f'<text x="20" y="{points[0][1] + 4:.0f}" fill="#333333">{samples[0][1]:.0f}</text>'
        f'<text x="{right + 6}" y="{points[-1][1] + 4:.0f}" fill="#333333">{samples[-1][1]:.1f}</text>'
        f'<text x="{right}" y="212" text-anchor="end" fill="#333333">{exchanges:,} exchanges, {escape(name)}</text>'
        "</svg>\n"
    )
