"""Plots as self-contained HTML pages. The script of Plotly is in the page, so no network is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from konomi.storage.file import whole_file

_GRAY = "#808080"  # readable on a white and on a black page
_COLORS = ("#3b82c4", "#d9822b", "#3f9c6b", "#b0569a", "#c2504a", "#7a6fc0", "#8c8c2f")
_EPOCH_COLUMNS = ("epoch", "learning_rate", "loss", "mae", "mse", "val_loss", "val_mae", "val_mse")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; --ink: #1c1e21; --ground: #ffffff; --line: #d8dadd; --soft: #5c6167; }}
@media (prefers-color-scheme: dark) {{
  :root {{ --ink: #e4e6e9; --ground: #16181b; --line: #34383d; --soft: #a2a8af; }}
}}
body {{ margin: 2rem auto; padding: 0 1rem; max-width: 60rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }}
h1 {{ font-size: 1.5rem; }}
h2 {{ font-size: 1.1rem; margin-top: 2.5rem; }}
p, li {{ color: var(--soft); }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }}
th:first-child, td:first-child {{ text-align: left; }}
</style>
<script>{script}</script>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Section:
    """A part of a page: a heading, sentences, a table whose first row is its header, and a figure."""

    heading: str = ""
    sentences: tuple[str, ...] = ()
    table: tuple[tuple[str, ...], ...] = ()
    figure: Any = None


def write_page(path: Path, title: str, sections: Sequence[Section]) -> None:
    """Write the sections as one HTML page. Raises StorageError."""
    from plotly.offline import get_plotlyjs

    parts = []
    has_figure = False
    for number, section in enumerate(sections):
        if section.heading:
            parts.append(f"<h2>{escape(section.heading)}</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
        if section.table:
            head, *rows = section.table
            cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
            lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
            parts.append(f'<div class="wide"><table><tr>{cells}</tr>{lines}</table></div>')
        if section.figure is not None:
            has_figure = True
            parts.append(
                section.figure.to_html(
                    full_html=False,
                    include_plotlyjs=False,
                    div_id=f"figure-{number}",
                    config={"displaylogo": False, "responsive": True, "scrollZoom": True},
                )
            )
    page = _PAGE.format(title=escape(title), body="\n".join(parts), script=get_plotlyjs() if has_figure else "")
    with whole_file(Path(path)) as new:
        new.write_text(page, encoding="utf-8")


def bars_with_intervals(
    groups: Sequence[str], names: Sequence[str], means: NDArray[Any], lows: NDArray[Any], highs: NDArray[Any]
) -> Any:
    """A bar chart with one color for each name, one cluster for each group, and whiskers from low to high.

    means, lows, highs : float (n_names, n_groups).
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for n, name in enumerate(names):
        figure.add_bar(
            name=name,
            x=list(groups),
            y=means[n].tolist(),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (highs[n] - means[n]).tolist(),
                "arrayminus": (means[n] - lows[n]).tolist(),
                "thickness": 1.2,
                "color": _GRAY,
            },
            marker_color=_COLORS[n % len(_COLORS)],
        )
    return _styled(figure, y_title="mean over people, 95% interval")


def lines_by_group(
    groups: Sequence[str], names: Sequence[str], means: NDArray[Any], *, x_title: str, y_title: str
) -> Any:
    """A line chart over ordered groups with one line for each name. NaN is a gap.

    means : float (n_names, n_groups).
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for n, name in enumerate(names):
        values = [None if np.isnan(value) else value for value in means[n].tolist()]
        figure.add_scatter(
            name=name, x=list(groups), y=values, mode="lines+markers", line_color=_COLORS[n % len(_COLORS)]
        )
    return _styled(figure, x_title=x_title, y_title=y_title)


Points = tuple[str, NDArray[Any], Sequence[str]]
"""A name, the coordinates of n points, float (n, 2), and a text for each point."""


def scatter_map(groups: Sequence[Points], labels: Sequence[tuple[str, float, float]], marked: Points | None) -> Any:
    """A zoomable scatter plot without axes; the text of a point is shown under the pointer.

    groups : points, one color for each group. The name "" is for the points of no group.
    labels : texts with their x and y.
    marked : points that are drawn larger, as diamonds.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    for n, (name, xy, texts) in enumerate(groups):
        figure.add_scatter(
            name=name or "elsewhere",
            x=xy[:, 0].tolist(),
            y=xy[:, 1].tolist(),
            text=list(texts),
            hoverinfo="text",
            mode="markers",
            marker={"size": 5, "opacity": 0.7, "color": _COLORS[n % len(_COLORS)] if name else _GRAY},
        )
    if marked is not None:
        name, xy, texts = marked
        figure.add_scatter(
            name=name,
            x=xy[:, 0].tolist(),
            y=xy[:, 1].tolist(),
            text=list(texts),
            hoverinfo="text",
            mode="markers",
            marker={"size": 11, "symbol": "diamond-open", "color": _GRAY, "line": {"width": 2}},
        )
    for text, x, y in labels:
        figure.add_annotation(text=escape(text), x=x, y=y, yshift=14, showarrow=False, font={"size": 13})
    _styled(figure)
    plain = {"visible": False, "showgrid": False, "zeroline": False}
    figure.update_layout(
        height=760, showlegend=False, dragmode="pan", hovermode="closest", xaxis=plain, yaxis=plain
    )
    figure.update_yaxes(scaleanchor="x")
    return figure


def learning_curve(rows: NDArray[np.float64], path: Path) -> None:
    """Write a page with the training and validation figures of a network for each epoch.

    rows : float64 (n_epochs, 8): epoch, learning_rate, loss, mae, mse, val_loss, val_mae, val_mse. The last three
           are NaN for an epoch without validation.
    Raises StorageError.
    """
    import plotly.graph_objects as go

    rows = np.asarray(rows, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != len(_EPOCH_COLUMNS):
        raise ValueError(f"rows are (n_epochs, {len(_EPOCH_COLUMNS)}), got {rows.shape}")
    column = dict(zip(_EPOCH_COLUMNS, rows.T, strict=True))
    sections = []
    for name, title in (("loss", "Loss"), ("mae", "Mean absolute error"), ("mse", "Mean squared error")):
        figure = go.Figure()
        for kind, prefix in (("training", ""), ("validation", "val_")):
            values = [None if np.isnan(value) else value for value in column[prefix + name].tolist()]
            figure.add_scatter(
                name=kind,
                x=column["epoch"].tolist(),
                y=values,
                mode="lines+markers",
                line_color=_COLORS[0 if kind == "training" else 1],
            )
        sections.append(Section(title, figure=_styled(figure, x_title="epoch", y_title=name)))
    validated = column["val_loss"][~np.isnan(column["val_loss"])]
    sentences = [f"{len(rows)} epochs."]
    if len(validated):
        best = int(np.nanargmin(column["val_loss"]))
        sentences.append(
            f"The lowest validation loss is {column['val_loss'][best]:.4f}, in epoch {column['epoch'][best]:g}."
        )
    write_page(path, "Learning curve", [Section(sentences=tuple(sentences)), *sections])


def _styled(figure: Any, *, x_title: str = "", y_title: str = "") -> Any:
    """The figure in a neutral style that fits a light and a dark page."""
    axis = {"gridcolor": "rgba(128,128,128,0.25)", "zerolinecolor": "rgba(128,128,128,0.5)", "automargin": True}
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _GRAY, "family": "system-ui, sans-serif", "size": 14},
        legend={"orientation": "h", "y": 1.12},
        margin={"l": 60, "r": 20, "t": 40, "b": 50},
        height=420,
        xaxis={"title": {"text": x_title}, **axis},
        yaxis={"title": {"text": y_title}, **axis},
    )
    return figure
