"""A form with one file, read while it arrives: the file's bytes go on at once, the fields are kept. No network here."""

from __future__ import annotations

from collections.abc import Callable

from output_checker.errors import PlainError
from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

FILE_FIELD = "file"
MOST_FIELD_BYTES = 16 * 1024
_MOST_PARTS = 10
_HEADER = "content-disposition"


class BadForm(PlainError):
    """What came is not our form."""


class UploadForm:
    """Feed it with ``write``; ``fields`` fills, and ``begin`` and ``take`` are called for the file.

    ``begin`` gets the file's name when its first byte is due, and by then has every field that stands above the file
    in the form; ``take`` gets its bytes. Whatever they raise comes out of ``write``.
    """

    def __init__(
        self, content_type: str, begin: Callable[[str], None], take: Callable[[bytes], None]
    ) -> None:
        """Raises BadForm for a body that is not a form with a file."""
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise BadForm("This is not the desk's form: open it again, and choose the file there.")
        self.fields: dict[str, str] = {}
        self.whole = False
        self._begin, self._take = begin, take
        self._parts = 0
        self._file_seen = False
        self._header, self._value, self._headers = bytearray(), bytearray(), dict[str, bytes]()
        self._name: str | None = None
        self._text = bytearray()
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": lambda data, start, end: self._data(data[start:end]),
                    "on_part_end": self._part_ends,
                    "on_end": self._ends,
                },
            )
        except FormParserError as fault:
            raise BadForm(_NOT_UNDERSTOOD) from fault

    def write(self, chunk: bytes) -> None:
        """The next bytes of the body. Raises BadForm, and what ``begin`` and ``take`` raise."""
        try:
            self._parser.write(chunk)
        except FormParserError as fault:
            raise BadForm(_NOT_UNDERSTOOD) from fault

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise BadForm(_NOT_UNDERSTOOD)
        self._headers, self._name = {}, None
        self._text.clear()

    def _header_ends(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(_HEADER))
        try:
            self._name = options[b"name"].decode("utf-8")
            file_name = options.get(b"filename", b"").decode("utf-8")
        except (KeyError, UnicodeDecodeError) as fault:
            raise BadForm(_NOT_UNDERSTOOD) from fault
        if self._name == FILE_FIELD:
            if self._file_seen:
                raise BadForm("Choose one file at a time.")
            self._file_seen = True
            self._begin(file_name)
        elif self._name in self.fields:
            raise BadForm(_NOT_UNDERSTOOD)

    def _data(self, data: bytes) -> None:
        if self._name == FILE_FIELD:
            self._take(data)
            return
        self._text += data
        if len(self._text) > MOST_FIELD_BYTES:
            raise BadForm("What was typed beside the file is too long: please shorten it.")

    def _part_ends(self) -> None:
        if self._name is None or self._name == FILE_FIELD:
            return
        try:
            self.fields[self._name] = self._text.decode("utf-8")
        except UnicodeDecodeError as fault:
            raise BadForm(_NOT_UNDERSTOOD) from fault

    def _ends(self) -> None:
        self.whole = True


_NOT_UNDERSTOOD = "The form did not arrive as it was sent: open it again, and choose the file once more."
