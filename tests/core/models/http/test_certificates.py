"""Which certificates are trusted, and that they are read once."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from dropout_core.models.http.certificates import NAMED_BY, trusted_certificates


def test_they_are_read_once_and_again_when_the_environment_names_others(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in NAMED_BY:
        monkeypatch.delenv(name, raising=False)
    of_the_system = trusted_certificates()
    assert trusted_certificates() is of_the_system

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    with pytest.raises(OSError, match="No such file"):
        trusted_certificates()
    trustme.CA(organization_name="Test").cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    (authority,) = trusted_certificates().get_ca_certs()
    assert (("organizationName", "Test"),) in authority["subject"]

    monkeypatch.delenv("SSL_CERT_FILE")
    assert trusted_certificates() is of_the_system
