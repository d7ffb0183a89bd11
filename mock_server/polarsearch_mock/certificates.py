"""A certificate authority that lives as long as one run, for a server that speaks https. trustme makes it."""

from __future__ import annotations

import tempfile
from pathlib import Path

NAMES = ("localhost", "127.0.0.1", "::1")


class Certificates:
    """PEM files in a private temporary folder: `ca` to trust, `server` (certificate, key) to serve with.

    `cleanup()`, or leaving the `with` block, removes them. ImportError, naming the extra to install, without trustme.
    """

    def __init__(self, *names: str) -> None:
        try:
            import trustme  # an extra: only https needs it
        except ImportError as error:
            raise ImportError("serving https needs trustme: pip install 'pytest-polarsearch[tls]'") from error
        self._folder = tempfile.TemporaryDirectory(prefix="polarsearch-mock-")
        folder = Path(self._folder.name)
        authority = trustme.CA()
        server = authority.issue_cert(
            *dict.fromkeys((*NAMES, *(name for name in names if name not in ("0.0.0.0", "::"))))
        )
        self.ca, certificate, key = (str(folder / name) for name in ("ca.pem", "server.pem", "server.key"))
        self.server = (certificate, key)
        authority.cert_pem.write_to_path(self.ca)
        server.private_key_pem.write_to_path(key)
        for blob in server.cert_chain_pems:
            blob.write_to_path(certificate, append=True)

    def cleanup(self) -> None:
        """Removes the files."""
        self._folder.cleanup()

    def __enter__(self) -> Certificates:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup()
