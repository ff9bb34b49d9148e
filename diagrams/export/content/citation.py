"""What to cite: the software, and the works it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from diagrams.display import Displayed
from diagrams.export.content.blocks import Document, Note
from diagrams.provenance import version


@dataclass(frozen=True, slots=True)
class Work:
    """A work: what it is to us, its kind and its key in BibTeX, and its fields there, in order."""

    role: str
    kind: str
    key: str
    fields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        known = dict(self.fields)
        authors = known["author"].replace(" and ", ", ")
        rest = [
            " ".join(known[name] for name in names if name in known)
            for names in (("booktitle", "series", "volume"), ("journal", "volume"), ("note",))
            if names[0] in known
        ]
        listed = [*rest, f"arXiv:{known['eprint']}"] if "eprint" in known else rest
        pages = f", {known['pages']}" if "pages" in known else ""
        year = f" ({known['year']})" if "year" in known else ""
        return f"{authors}: {known['title']}. {'; '.join(listed)}{pages}{year}"


@dataclass(frozen=True)
class Citation(Displayed):
    """Works to be cited together.

    >>> print(citation().works[2])
    G.-C. Wick: The evaluation of the collision matrix. Physical Review 80, 268 (1950)
    """

    works: tuple[Work, ...]


WORKS = """\
@software wickflow the software
author: the wickflow developers
title: wickflow: diagram expansions of gradient flow
version: VERSION
note: Software, version VERSION, MIT licence

@inproceedings YarotskyGolikovGusev2026 the theory it starts from
author: D. Yarotsky and E. Golikov and Y. Gusev
title: Gradient Flow Through Diagram Expansions: Learning Regimes and Explicit Solutions
booktitle: Proceedings of the International Conference on Machine Learning
series: PMLR
volume: 306
year: 2026
eprint: 2602.04548
eprinttype: arXiv

@article Wick1950 Wick contraction
author: G.-C. Wick
title: The evaluation of the collision matrix
journal: Physical Review
volume: 80
pages: 268
year: 1950

@article McKay1981 canonical forms
author: B. D. McKay
title: Practical graph isomorphism
journal: Congressus Numerantium
volume: 30
pages: 45
year: 1981"""


def citation() -> Citation:
    """The software that is installed, the theory it starts from, and two classics."""
    return Citation(tuple(map(_work, WORKS.replace("VERSION", version()).split("\n\n"))))


def _work(text: str) -> Work:
    head, *lines = text.split("\n")
    kind, key, role = head.removeprefix("@").split(" ", 2)
    fields = (line.partition(": ") for line in lines)
    return Work(role, kind, key, tuple((name, value) for name, _, value in fields))


def citation_document(found: Citation) -> Document:
    """A remark for every work."""
    return Document("How to cite", tuple(Note(work.role, (f"{work}",)) for work in found.works))
