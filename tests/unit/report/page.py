"""A reader of HTML pages for the tests: tags balanced, ids, links, images and the text of table rows."""

from __future__ import annotations

import base64
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "hr", "input"}


class Page(HTMLParser):
    """What a page holds; raises AssertionError for tags that do not close in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: dict[str, dict[str, str]] = {}
        self.rows: list[list[str]] = []
        self.text = ""
        self._open: list[str] = []
        self._figure = ""
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src") if name in given]
        if tag == "figure":
            self._figure = given["id"]
        if tag == "img":
            self.images[self._figure] = given
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            return
        self.text += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data

    def row(self, first: str) -> list[str]:
        """The first table row that begins with a cell."""
        return next(row for row in self.rows if row and row[0].strip().startswith(first))

    def svg(self, figure: str) -> str:
        """The SVG of a figure."""
        head, _, data = self.images[figure]["src"].partition(",")
        assert head == "data:image/svg+xml;base64"
        return base64.b64decode(data).decode("utf-8")
