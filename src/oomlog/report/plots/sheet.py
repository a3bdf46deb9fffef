"""The paper of a picture: an axes with a title, notes, a key, and rows with a label, bars and a value.

Everything lies inside of the axes (labels, too), so that a picture can be put into any axes.  On narrow
paper (a phone) labels and values stand above their bars, on wide paper beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from oomlog.report.plots.fonts import BODY, DPI, SMALL, TITLE, families, fit, text_width, wrapped
from oomlog.report.plots.theme import COLOURS, suit_figure

__all__ = ["Caption", "Key", "Sheet"]

NARROW = 480
_TITLE_PX = 20
_NOTE_PX = 15
_KEY_PX = 18
_TICKS_PX = 20
_LABEL_PX = 17
_EDGE = 10
_GAP = 10

Key = tuple[str, str, str | None]
"""Colour, words and hatch of something a picture shows."""


class Caption(NamedTuple):
    """What stands around a picture: the title above it, what the axis shows and notes below it."""

    title: str
    notes: Sequence[str] = ()
    axis: str | None = None


class Sheet:
    """One picture while it is drawn.

    :ivar width: Pixels.
    """

    def __init__(self, ax: Axes | None, width: float) -> None:
        self._given = ax
        self.width = float(width) if ax is None else _width_of(ax)
        self.narrow = self.width < NARROW
        self.inner = self.width - (2 * _EDGE if ax is None else 0)
        self._ax: Axes | None = None
        self._caption = Caption("")
        self._key_px = 0.0
        self.scale(0, self.inner, [], [])

    @property
    def ax(self) -> Axes:
        """Return the axes, once ``open`` has made them."""
        assert self._ax is not None
        return self._ax

    def open(
        self,
        body: float,
        caption: Caption,
        keys: Sequence[Key] = (),
        *,
        ticks: bool = True,
    ) -> float:
        """Make the axes.

        :param body: Pixels that the picture needs in height, without title, key and notes.
        :param ticks: Whether it will have ticks.
        :return: Where the body begins, below the key.
        """
        self._caption = caption
        beneath = (_TICKS_PX if ticks else 4) + (_LABEL_PX if caption.axis else 0)
        places = self._keys_at(keys)
        self._key_px = (places[-1][1] + _KEY_PX + 6) if places else 0
        height = self._key_px + body
        heading = wrapped(caption.title, self.inner, TITLE, bold=True)
        remarks = [line for note in caption.notes for line in wrapped(note, self.inner, SMALL, lines=4)]
        if self._given is None:
            above = len(heading) * _TITLE_PX + _EDGE
            below = beneath + len(remarks) * _NOTE_PX + (8 if remarks else 0) + _EDGE
            whole = above + height + below
            figure = Figure(figsize=(self.width / DPI, whole / DPI), dpi=DPI, facecolor=COLOURS["paper"])
            box = (_EDGE / self.width, below / whole, self.inner / self.width, height / whole)
            ax = figure.add_axes(box)
        else:
            ax = self._given
        self._ax = ax
        ax.set_facecolor("none")
        ax.set_ylim(height, 0)
        ax.set_xlim(self.low - self._left * self._unit, self.high + self._right * self._unit)
        ax.set_yticks([])
        ax.grid(visible=False)
        for side in ax.spines.values():
            side.set_visible(False)
        ax.tick_params(
            axis="x",
            length=0,
            pad=4,
            labelsize=SMALL,
            labelcolor=COLOURS["muted"],
            labelfontfamily=families(),
        )
        ax.set_title(
            "\n".join(heading),
            loc="left",
            pad=6,
            fontsize=TITLE,
            fontweight="bold",
            linespacing=1.25,
            **_plain("ink"),
        )
        if remarks:
            ax.annotate(
                "\n".join(remarks),
                (0, 0),
                xycoords="axes fraction",
                xytext=(0, -(beneath + 6) * 72 / DPI),
                textcoords="offset points",
                va="top",
                fontsize=SMALL,
                linespacing=1.25,
                **_plain("muted"),
            )
        self._draw_keys(keys, places)
        return self._key_px

    def describe(self, lines: Iterable[str]) -> None:
        """Say in words what the picture shows, for those who do not see it: the axes' label.

        To be called last.
        """
        self.ax.set_label(". ".join([self._caption.title, *lines]))
        if self._given is not None:
            suit_figure(self._given)

    # -- the horizontal axis ---------------------------------------------------------------------------

    def scale(self, low: float, high: float, labels: Sequence[str], values: Sequence[str]) -> None:
        """Let ``low`` to ``high`` be where bars are, beside the columns of labels and values.

        To be called before ``open``; without it a unit is a pixel.
        """
        self.low, self.high = low, high
        left = right = 0.0
        if not self.narrow:
            left = min(
                max((text_width(each, BODY, bold=True) for each in labels), default=0), 0.36 * self.inner
            )
            right = min(
                max((text_width(each, BODY, bold=True) for each in values), default=0), 0.3 * self.inner
            )
            left, right = left + (_GAP if left else 0), right + (_GAP if right else 0)
        unit = (high - low) / (self.inner - left - right)
        self._left, self._right, self._unit = left, right, unit

    @property
    def room(self) -> float:
        """Return how many pixels wide the place of the bars is."""
        return (self.high - self.low) / self._unit

    def ticks(self, places: Sequence[float], labels: Sequence[str]) -> None:
        """Write the ticks and draw their lines through the picture."""
        ax = self.ax
        ax.set_xticks(list(places), list(labels))
        for label, place in zip(ax.get_xticklabels(), places, strict=True):
            # Labels at the ends stay inside of the picture.
            half = text_width(label.get_text(), SMALL) / 2 * self._unit
            lower, upper = ax.get_xlim()
            label.set_usetex(False)
            label.set_horizontalalignment(
                "left" if place - half < lower else "right" if place + half > upper else "center"
            )
            bottom = ax.get_ylim()[0]
            ax.plot([place, place], [self._key_px, bottom], color=COLOURS["grid"], linewidth=0.7, zorder=0)
        if self._caption.axis:
            middle = (self.low + self.high) / 2
            lower, upper = ax.get_xlim()
            ax.annotate(
                self._caption.axis,
                ((middle - lower) / (upper - lower), 0),
                xycoords="axes fraction",
                xytext=(0, -_TICKS_PX * 72 / DPI),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=SMALL,
                **_plain("muted"),
            )

    # -- rows ------------------------------------------------------------------------------------------

    @property
    def row_px(self) -> float:
        """Return how high a row is."""
        return 40 if self.narrow else 25

    def row(
        self,
        top: float,
        label: str,
        value: str,
        *,
        bold: bool = False,
        muted: bool = False,
        indent: float = 0,
    ) -> tuple[float, float]:
        """Write a row's label and value.

        :return: Top and height of its bar.
        """
        colour = "muted" if muted else "ink"
        path = label.startswith("/")  # which differ at their ends
        if self.narrow:
            value_px = text_width(value, BODY, bold=bold)
            name = fit(label, self.inner - value_px - _GAP - indent, BODY, bold=bold, end=path)
            self.write(self.low + indent * self._unit, top + 11, name, bold=bold, colour=colour)
            self.write(self.high, top + 11, value, bold=bold, colour=colour, ha="right")
            return top + 20, 11
        middle = top + self.row_px / 2
        name = fit(label, self._left - _GAP - indent, BODY, bold=bold, end=path)
        self.write(self.low - (self._left - indent) * self._unit, middle, name, bold=bold, colour=colour)
        value = fit(value, self._right, BODY, bold=bold)
        self.write(self.high + _GAP * self._unit, middle, value, bold=bold, colour=colour)
        return middle - 7.5, 15

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        bold: bool = False,
        colour: str = "ink",
        ha: Literal["left", "center", "right"] = "left",
        size: float = BODY,
    ) -> None:
        """Write one line of text, its middle at ``y``; text from a log must have gone through ``shown``."""
        self.ax.text(
            x,
            y,
            text,
            ha=ha,
            va="center_baseline",
            fontsize=size,
            fontweight="bold" if bold else "normal",
            **_plain(colour),
        )

    def bar(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: str,
        name: str,
        *,
        hatch: str | None = None,
        outline: bool = False,
    ) -> None:
        """Draw one bar.

        :param name: What it shows, for tests and for those who change a picture: its gid.
        """
        face = Rectangle(
            (x, y),
            width,
            height,
            facecolor="none" if colour == "none" else COLOURS[colour],
            edgecolor=COLOURS["ink" if outline else "paper"],
            linewidth=1.0 if outline else 0.6,
            gid=name,
            zorder=2,
        )
        self.ax.add_patch(face)
        if hatch is not None:
            self.ax.add_patch(
                Rectangle(
                    (x, y),
                    width,
                    height,
                    facecolor="none",
                    edgecolor=COLOURS["ink"],
                    linewidth=0.0 if not outline else 1.0,
                    hatch=hatch,
                    zorder=2.5,
                )
            )

    # -- the key ---------------------------------------------------------------------------------------

    def _keys_at(self, keys: Sequence[Key]) -> list[tuple[float, float]]:
        """Return where each entry goes, in pixels from the top left."""
        found: list[tuple[float, float]] = []
        x = y = 0.0
        for _, words, _ in keys:
            wide = 18 + text_width(words, SMALL) + 16
            if x and x + wide - 16 > self.inner:
                x, y = 0.0, y + _KEY_PX
            found.append((x, y))
            x += wide
        return found

    def _draw_keys(self, keys: Sequence[Key], places: Sequence[tuple[float, float]]) -> None:
        ax = self.ax
        low, high = ax.get_ylim()[1], ax.get_ylim()[0]
        for (colour, words, hatch), (x, y) in zip(keys, places, strict=True):
            # In parts of the axes, as the horizontal scale is not known yet.
            across, down = x / self.inner, 1 - (y + 13 - low) / (high - low)
            size = (13 / self.inner, 10 / (high - low))
            for face, pattern in ((colour, None), *([("none", hatch)] if hatch else [])):
                ax.add_patch(
                    Rectangle(
                        (across, down),
                        *size,
                        transform=ax.transAxes,
                        facecolor="none" if face == "none" else COLOURS[face],
                        edgecolor=COLOURS["ink" if pattern or face == "none" else "paper"],
                        linewidth=0.5 if face == "none" else 0.0,
                        hatch=pattern,
                    )
                )
            ax.text(
                (x + 18) / self.inner,
                down + size[1] / 2,
                words,
                transform=ax.transAxes,
                va="center_baseline",
                fontsize=SMALL,
                **_plain("muted"),
            )


def _plain(colour: str) -> dict[str, Any]:
    """Return how every text is written: as it is, whatever the user has set for other figures.

    Neither matplotlib's mathematics nor TeX may read what a log says.
    """
    return {"color": COLOURS[colour], "fontfamily": families(), "parse_math": False, "usetex": False}


def _width_of(ax: Axes) -> float:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return float(ax.get_window_extent().width * DPI / figure.dpi)
