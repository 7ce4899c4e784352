"""The bytes of the files that were found, and what each is remembered under; nothing of what they say."""

from __future__ import annotations

from pathlib import Path as FilePath

from syncer.documents.source_checks import Text
from syncer.manifests.discovery import FoundFiles, read_bytes, shown
from syncer.manifests.read_cache import digest_of
from syncer.model.diagnostic import InvalidInput
from syncer.model.named_tuple import NamedTuple


class FileTexts(NamedTuple):
    """Files that were searched for, and the bytes of each, or why they are not there."""

    found: FoundFiles
    texts: list[Text | InvalidInput]
    digests: list[str]
    """What each is remembered under; "" where nothing is remembered, or there is nothing to."""

    def digest(self) -> str:
        """Of all names and contents."""
        said = (f"{each[1]}\0{digest}\0" for each, digest in self._readable())
        return digest_of("".join(said).encode("utf-8"))

    def names(self) -> list[str]:
        """The names of the files that could be read, in order."""
        return [each[1] for each, _ in self._readable()]

    def _readable(self) -> list[tuple[Text, str]]:
        return [
            (each, digest)
            for each, digest in zip(self.texts, self.digests, strict=True)
            if not isinstance(each, InvalidInput)
        ]


def read_texts(found: FoundFiles, root: FilePath, *, digests: bool) -> FileTexts:
    """The bytes of the files that were found. `digests`: something is remembered of them, or shall be."""
    root = root.resolve()
    texts = [_text(path, shown(path, root)) for path in found.files]
    return FileTexts(
        found,
        texts,
        ["" if isinstance(each, InvalidInput) or not digests else digest_of(each[0], each[1]) for each in texts],
    )


def _text(path: FilePath, file: str) -> Text | InvalidInput:
    try:
        return read_bytes(path, file), file
    except InvalidInput as error:
        return error
