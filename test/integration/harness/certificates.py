# SPDX-License-Identifier: Apache-2.0
"""Certificates for tests, made by the openssl program."""
import pathlib
import subprocess


def _openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)


class Authority:
    """A certificate authority in a folder, and leaves signed by it."""

    def __init__(self, folder, name="test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.key = self.folder / "ca.key"
        self.certificate = self.folder / "ca.crt"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes", "-keyout", str(self.key), "-out", str(self.certificate), "-days", "2",
                 "-subj", "/CN=" + name)

    def leaf(self, *names, client=False, stem=None, days=2):
        """Returns (certificate file, key file) for DNS names or addresses."""
        stem = stem or names[0].replace("*", "any")
        key, request, out = (self.folder / f"{stem}.{x}" for x in ("key", "csr", "crt"))
        sans = ",".join(("IP:" if n.replace(".", "").isdigit() else "DNS:") + n for n in names)
        usage = "clientAuth" if client else "serverAuth"
        extensions = self.folder / f"{stem}.ext"
        extensions.write_text(f"subjectAltName={sans}\nextendedKeyUsage={usage}\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", str(key), "-out", str(request), "-subj", "/CN=" + names[0])
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.certificate), "-CAkey",
                 str(self.key), "-CAcreateserial", "-days", str(days), "-out", str(out), "-extfile",
                 str(extensions))
        return out, key
