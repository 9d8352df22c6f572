# SPDX-License-Identifier: MIT
"""The bench report: how costs grow with RAM, with the size of memory objects, with the number of mappings;
each curve as a plot, and the rule that none grows faster than the logarithm of its size."""
import html
import math
import os

# Against any smaller size, a cost may be so much higher for each doubling of the size.
PER_DOUBLING = 0.25
# A logarithm is a straight line over doublings: the last stretch may be so many times as steep as the
# steepest before it, or as a rise of FLAT of the cost for each doubling.
BEND = 3
FLAT = 0.04
# Has a rule of its own: all RAM is mapped on the way, leaf by leaf.
OTHERWISE_JUDGED = {"boot.prompt"}
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 520, 260, 70, 20, 34, 44
STYLE = """body { font: 15px sans-serif; margin: 2em auto; max-width: 1120px; color: #222 }
table { border-collapse: collapse } td, th { padding: .15em .9em; text-align: right }
td:first-child, th:first-child { text-align: left } tr:nth-child(even) { background: #f3f5f7 }
.over { color: #b00020 } figure { display: inline-block; margin: 0 1em 1em 0 }"""


def doublings(start, end):
    """How often `start` doubles on the way to `end`."""
    return math.log2(end / start)


def too_steep(points):
    """Why the curve, a list of (size, cost) with rising sizes, grows faster than a logarithm; or None."""
    for at, (large, cost) in enumerate(points):
        for small, base in points[:at]:
            limit = base * (1 + PER_DOUBLING * doublings(small, large))
            if cost > limit:
                return (f"{cost:,.0f} at {size_text(large)}, {base:,.0f} at {size_text(small)}: more "
                        f"than {limit:,.0f}")
    slopes = [(b[1] - a[1]) / doublings(a[0], b[0]) for a, b in zip(points, points[1:])]
    if len(slopes) > 2:
        usual = max(*slopes[:-1], FLAT * min(cost for _, cost in points))
        if slopes[-1] > BEND * usual:
            return (f"{slopes[-1]:,.0f} for the last doublings up to {size_text(points[-1][0])}, "
                    f"{usual:,.0f} before")
    return None


def complaint(name, points):
    """Why a row's curve is not as it should be, or None."""
    return None if name in OTHERWISE_JUDGED else too_steep(points)


def size_text(size):
    """A size for people: 64Ki, 4Gi, 10,000."""
    for unit, shift in (("Gi", 30), ("Mi", 20), ("Ki", 10)):
        if size >= 1 << shift and size % (1 << shift) == 0:
            return f"{size >> shift}{unit}"
    return f"{size:,}"


def ticks(highest):
    """Round numbers from 0 to `highest` or a bit more."""
    step = 10 ** math.floor(math.log10(max(highest, 1)))
    step = next(step * part for part in (0.25, 0.5, 1, 2) if highest / (step * part) <= 6)
    return [i * step for i in range(math.ceil(highest / step) + 1)]


def plot(name, axis, points, other=(), unit="instructions"):
    """A curve as SVG: sizes by their logarithm, costs from 0 on. A logarithm is a straight line. Another
    curve over the same sizes is drawn in grey."""
    marks = ticks(max(cost for _, cost in [*points, *other]) or 1)
    span = doublings(points[0][0], points[-1][0]) or 1

    def x_of(size):
        return LEFT + (WIDTH - LEFT - RIGHT) * doublings(points[0][0], size) / span

    def y_of(cost):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * cost / marks[-1]

    colour = "#b00020" if not other and complaint(name, points) else "#1f5f99"
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{LEFT}" y="20" font-size="14">{html.escape(name)}</text>',
           f'<text x="{WIDTH - RIGHT}" y="20" text-anchor="end" fill="#666">{unit}</text>',
           f'<text x="{WIDTH / 2}" y="{HEIGHT - 8}" text-anchor="middle" fill="#666">'
           f'{html.escape(axis)}</text>']
    for mark in marks:
        out.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y_of(mark):.1f}" '
                   f'y2="{y_of(mark):.1f}" stroke="#ddd"/><text x="{LEFT - 8}" '
                   f'y="{y_of(mark) + 4:.1f}" text-anchor="end">{mark:,g}</text>')
    for size, cost in points:
        out.append(f'<text x="{x_of(size):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">'
                   f'{size_text(size)}</text><circle cx="{x_of(size):.1f}" cy="{y_of(cost):.1f}" '
                   f'r="3.5" fill="{colour}"><title>{size_text(size)}: {cost:,.2f}</title></circle>')
    for curve, stroke in ((other, "#999"), (points, colour)):
        line = " ".join(f"{x_of(size):.1f},{y_of(cost):.1f}" for size, cost in curve)
        out.append(f'<polyline points="{line}" fill="none" stroke="{stroke}" stroke-width="2"/>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def even_from(flushes):
    """From how many pages on forgetting them one by one costs as much as all at once; None: never."""
    cheaper = [i for i, (_, one, together) in enumerate(flushes) if one < together]
    rest = flushes[cheaper[-1] + 1 if cheaper else 0:]
    return rest[0][0] if rest else None


def cut_over(limit, flushes):
    """Where forgetting translations one by one and all at once cost the same, in words."""
    even = even_from(flushes)
    return (f"tlb: one by one costs as much as all at once {f'at {even}' if even else 'nowhere up to '}"
            f"{'' if even else flushes[-1][0]} pages (host time); all are forgotten beyond {limit}")


def flush_plot(flushes):
    """Both ways to forget translations, from the smallest number of pages to four times the even one."""
    even = even_from(flushes) or flushes[-1][0]
    near = [flush for flush in flushes if flush[0] <= max(4 * even, 16)]
    return plot("tlb: one by one, and all (grey)", "pages forgotten, with 256 more in use",
                [(pages, one) for pages, one, _ in near],
                [(pages, together) for pages, _, together in near], "ns of the host")


def page(title, table, curves, tlb):
    """The report: rows with goals, then curves, an axis after the other, then the TLB."""
    out = ["<!doctype html>", '<meta charset="utf-8">', f"<title>{html.escape(title)}</title>",
           f"<style>{STYLE}</style>", f"<h1>{html.escape(title)}</h1>", "<table>",
           "<tr><th>row</th><th>value</th><th>goal</th><th>unit</th><th>others</th></tr>"]
    for name, value, goal, unit, others, over in table:
        mark = ' class="over"' if over else ""
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in (goal, unit, others))
        out.append(f"<tr><td>{html.escape(name)}</td><td{mark}>{html.escape(value)}</td>{cells}</tr>")
    out += ["</table>"]
    for axis in dict.fromkeys(axis for axis, _ in curves):
        out.append(f"<h2>By {html.escape(axis)}</h2>")
        for (where, name), points in curves.items():
            if where == axis:
                why = complaint(name, points)
                note = f'<figcaption class="over">{html.escape(why)}</figcaption>' if why else ""
                out.append(f"<figure>{plot(name, axis, points)}{note}</figure>")
    out += ["<h2>Forgetting translations</h2>", f"<figure>{flush_plot(tlb[1])}<figcaption>",
            html.escape(cut_over(*tlb)), "</figcaption></figure>"]
    return "\n".join(out) + "\n"


def write(folder, title, table, curves, tlb):
    """Writes report.html, and each curve as a file of its own below curves/."""
    os.makedirs(os.path.join(folder, "curves"), exist_ok=True)
    for (axis, name), points in curves.items():
        file = f"{name} by {axis}".replace(" ", "-") + ".svg"
        with open(os.path.join(folder, "curves", file), "w", encoding="utf-8") as out:
            out.write(plot(name, axis, points))
    path = os.path.join(folder, "report.html")
    with open(path, "w", encoding="utf-8") as out:
        out.write(page(title, table, curves, tlb))
    return path
