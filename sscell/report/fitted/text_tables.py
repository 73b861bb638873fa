"""The table of values as Markdown and as LaTeX: one a circuit, a row a spectrum, a column a parameter."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sscell.report.fitted.contents import Entry, FitReport
from sscell.report.fitted.lines import criterion_text, note_of, number_of, scatter_text
from sscell.report.fitted.tables import condition_of
from sscell.report.fitted.units import unit_latex, unit_text

LATEX_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "−": "$-$", "Ω": r"$\Omega$", "µ": r"\textmu{}", "°": r"\textdegree{}", "χ": r"$\chi$", "²": r"$^2$",
    "\n": " ", "\r": " ", "\t": " ",
}  # fmt: skip
MARKDOWN_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")
NOTES = {
    "poorly determined": "poorly determined: known to no better than 15 % (an exponent to 0.04), or see the warnings",
    "not determined": "not determined by the data: do not rely on it",
    "at its bound": "ended at a bound: no error can be given",
    "fixed": "held fixed",
    "tied": "tied to another parameter",
}
MARKS = {"poorly determined": "?", "not determined": "??", "at its bound": "!", "fixed": "f", "tied": "t"}


def latex_escaped(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(LATEX_SPECIAL.get(c, c) for c in text)


def markdown_escaped(text: str) -> str:
    """Text that Markdown prints as it stands, also inside a table."""
    return MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.split()))


def markdown_from_report(report: FitReport) -> str:
    """Title, then per circuit a table of value ± standard error, what its marks mean, and the warnings."""
    blocks = [f"# {markdown_escaped(report.title)}"]
    for circuit in report.circuits:
        rows = _rows(report, circuit)
        head = _head(report, *rows[0])
        lines = [f"## {markdown_escaped(circuit)}", "", _row(map(markdown_escaped, head)), _row(["---"] * len(head))]
        for entry, k in rows:
            fit = entry.fits[k].fit
            cells = [markdown_escaped(c) for c in [entry.name, *_conditions(report, entry)]]
            for p in fit.model.parameters:
                mark = MARKS.get(note_of(fit, p), "")
                cells.append(number_of(fit, p.name).text + (f" ({mark})" if mark else ""))
            cells += [scatter_text(fit), criterion_text(fit.aicc), fit.status.name.lower()]
            lines.append(_row([*cells[:-1], markdown_escaped(cells[-1])]))
        lines += ["", _legend(report, circuit)]
        blocks.append("\n".join(lines))
    said = [
        f"- {markdown_escaped(entry.name)}: {markdown_escaped(' '.join(entry.best.warnings))}"
        for entry in report.entries
        if entry.best.warnings
    ]
    said += [f"- {markdown_escaped(problem)}" for problem in report.problems]
    if said:
        blocks.append("\n".join(["## Warnings", "", *said]))
    return "\n\n".join(blocks) + "\n"


def latex_from_report(report: FitReport) -> str:
    """A table environment per circuit; needs the package booktabs."""
    blocks = [r"% \usepackage{booktabs}, \usepackage{textcomp}"]
    for circuit in report.circuits:
        rows = _rows(report, circuit)
        first = rows[0][0].fits[rows[0][1]].fit
        names = ["Spectrum", *_condition_names(report, rows[0][0]), *(p.name for p in first.model.parameters)]
        legend = _legend(report, circuit)
        blank = [""] * (len(names) - len(first.model.parameters))
        units = [*blank, *(unit_latex(p.unit) for p in first.model.parameters)]
        lines = [
            r"\begin{table}",
            rf"\caption{{{latex_escaped(circuit)}: value $\pm$ standard error. {latex_escaped(legend)}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(names) - 1)}}}",
            r"\toprule",
            " & ".join(map(latex_escaped, names)) + r" \\",
            " & ".join(units) + r" \\",
            r"\midrule",
        ]
        for entry, k in rows:
            fit = entry.fits[k].fit
            cells = [latex_escaped(c) for c in [entry.name, *_conditions(report, entry)]]
            for p in fit.model.parameters:
                mark = MARKS.get(note_of(fit, p), "")
                cells.append(number_of(fit, p.name).latex.replace("–", "--") + (f" ({mark})" if mark else ""))
            lines.append(" & ".join(cells) + r" \\")
        blocks.append("\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}"]))
    return "\n\n".join(blocks) + "\n"


def _rows(report: FitReport, circuit: str) -> list[tuple[Entry, int]]:
    """Spectra that have a fit of the circuit, with its place among theirs."""
    return [(e, k) for e in report.entries for k, r in enumerate(e.fits) if r.fit.circuit == circuit]


def _head(report: FitReport, entry: Entry, k: int) -> list[str]:
    parameters = entry.fits[k].fit.model.parameters
    named = [f"{p.name} / {unit_text(p.unit)}".removesuffix(" / ") for p in parameters]
    return ["Spectrum", *_condition_names(report, entry), *named, "scatter / %", "AICc", "status"]


def _condition_names(report: FitReport, entry: Entry) -> list[str]:
    return list(condition_of(report, entry))


def _conditions(report: FitReport, entry: Entry) -> list[str]:
    return [value if isinstance(value, str) else f"{value:g}" for value in condition_of(report, entry).values()]


def _legend(report: FitReport, circuit: str) -> str:
    """What the marks of a circuit's table mean; '' without marks."""
    notes = {note_of(e.fits[k].fit, p) for e, k in _rows(report, circuit) for p in e.fits[k].fit.model.parameters}
    return "; ".join(f"({MARKS[note]}) {words}" for note, words in NOTES.items() if note in notes)


def _row(cells: Sequence[str] | map) -> str:
    return "| " + " | ".join(cells) + " |"
