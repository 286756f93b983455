"""The shapes that every reader produces: a document of sheets, and the tables found in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from output_checker.findings import Finding
from output_checker.readers.cells import BLANK, Content
from output_checker.readers.places import cell_name, range_name


@dataclass(frozen=True)
class Sheet:
    """All cells of one sheet, as they stand. ``name`` is None where the file has only one (CSV)."""

    rows: list[list[Content]]
    name: str | None = None

    def where(self, row: int, column: int) -> str:
        """The place of a cell; both counted from 0."""
        prefix = f"sheet {self.name}!" if self.name is not None else ""
        return prefix + cell_name(row + 1, column)

    def where_range(self, first: tuple[int, int], last: tuple[int, int]) -> str:
        prefix = f"sheet {self.name}!" if self.name is not None else ""
        return prefix + range_name(first[0] + 1, first[1], last[0] + 1, last[1])

    def cells(self) -> Iterator[tuple[int, int, Content]]:
        """Every cell that is not blank: row and column from 0, content."""
        for r, row in enumerate(self.rows):
            for c, content in enumerate(row):
                if content is not BLANK:
                    yield r, c, content


@dataclass(frozen=True)
class Table:
    """One table in a sheet: header levels above, body rows below, all of one width.

    ``header[c]`` holds the header texts of column ``c`` from top to bottom; ``sheet_rows[r]`` is the sheet's
    row (from 0) of body row ``r``. Columns of the table are columns of the sheet.
    """

    sheet: Sheet
    header: list[tuple[str, ...]]
    body: list[list[Content]]
    sheet_rows: list[int]
    header_row: int | None = None

    @property
    def width(self) -> int:
        return len(self.header)

    def title(self, column: int) -> str:
        """The whole header of a column in one line."""
        return " ".join(part for part in self.header[column] if part)

    def where(self, row: int, column: int) -> str:
        return self.sheet.where(self.sheet_rows[row], column)

    def where_column(self, column: int) -> str:
        return self.sheet.where_range((self.sheet_rows[0], column), (self.sheet_rows[-1], column))

    def where_columns(self, columns: list[int]) -> str:
        """The place of neighbouring columns as one range, of others as a list."""
        ranges: list[list[int]] = []
        for column in columns:
            if ranges and ranges[-1][1] == column - 1:
                ranges[-1][1] = column
            else:
                ranges.append([column, column])
        top, bottom = self.sheet_rows[0], self.sheet_rows[-1]
        return ", ".join(self.sheet.where_range((top, a), (bottom, b)) for a, b in ranges)


@dataclass
class Document:
    """A file as a reader understood it, with what the reader already has to say."""

    kind: str
    sheets: list[Sheet] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
