"""What a model server's address may be."""

from __future__ import annotations

import pytest

from apps.gateway.addresses import BadAddress, checked, is_surely_inside, is_surely_outside


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("https://models.example.com/v1/", "https://models.example.com/v1"),
        ("  http://vllm:8000/v1 ", "http://vllm:8000/v1"),
        ("http://10.0.0.7:8000", "http://10.0.0.7:8000"),
        ("http://[fd12::7]:8000/v1", "http://[fd12::7]:8000/v1"),
        ("https://EXAMPLE.com/V1", "https://example.com/V1"),
    ],
)
def test_an_address_is_kept_in_its_plain_form(typed, plain):
    assert checked(typed) == plain


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "models.example.com",
        "ftp://example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://",
        "http://user:password@example.com",
        "http://@example.com",
        "http://example.com?x=1",
        "http://example.com/#x",
        "http://example.com:99999",
        "http://example.com:0",
        "http://exa mple.com",
        "http://169.254.169.254/latest",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1%25eth0]/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0:8000",
        "http://224.0.0.1",
        "http://metadata.google.internal/",
        "http://2852039166/",
        "http://0xa9.0xfe.0xa9.0xfe/",
        "http://0251.0376.0251.0376/",
        "http://127.1/",
    ],
)
def test_what_is_no_model_server_is_refused_with_a_sentence(typed):
    with pytest.raises(BadAddress, match=r"[A-Z].*\."):
        checked(typed)


@pytest.mark.parametrize(
    "address", ["http://10.1.2.3", "http://localhost:1", "http://vllm", "http://a.svc.cluster.local"]
)
def test_private_addresses_are_surely_inside(address):
    assert is_surely_inside(address)
    assert not is_surely_outside(address)


@pytest.mark.parametrize("address", ["http://8.8.8.8", "http://[2606:4700::1]", "http://[::ffff:8.8.8.8]"])
def test_public_numbers_are_surely_outside(address):
    assert is_surely_outside(address)
    assert not is_surely_inside(address)


def test_a_name_of_the_open_internet_is_neither():
    assert not is_surely_inside("https://models.example.com")
    assert not is_surely_outside("https://models.example.com")
