"""Passwords and key-pair tokens: each claim that can be wrong is refused with its number."""

from __future__ import annotations

import base64
import json
import time

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local_snowflake.protocol.accounts import Accounts, LoginRefused, fingerprint_of

KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)


@pytest.fixture
def accounts():
    made = Accounts("local")
    made.set_password("demo", "secret")
    pem = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    made.add_public_key("demo", pem)
    return made


def token(key=KEY, header=None, fingerprint_key=None, **changes) -> str:
    now = int(time.time())
    fingerprint = fingerprint_of((fingerprint_key or key).public_key())
    claims = {"iss": f"LOCAL.DEMO.{fingerprint}", "sub": "LOCAL.DEMO", "iat": now, "exp": now + 60, **changes}
    parts = [json.dumps(part).encode() for part in (header or {"alg": "RS256", "typ": "JWT"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def test_right_credentials(accounts):
    assert accounts.check_password("Demo", "secret").name == "DEMO"
    assert accounts.check_key_pair("demo", token()).name == "DEMO"
    assert accounts.is_account("local.eu-central-1") and not accounts.is_account("other")


@pytest.mark.parametrize("password", ["Secret", "", None, 1])
def test_wrong_password(accounts, password):
    with pytest.raises(LoginRefused) as caught:
        accounts.check_password("demo", password)
    assert caught.value.code == "390100"


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda now: token(OTHER_KEY), "394304"),
        (lambda now: token(OTHER_KEY, fingerprint_key=KEY), "394306"),
        (lambda now: token(header={"alg": "none"}), "394305"),
        (lambda now: token(exp=now - 1), "394303"),
        (lambda now: token(exp=now + 3700), "390144"),
        (lambda now: token(iat=now + 600, exp=now + 700), "394302"),
        (lambda now: token(iat=now - 70, exp=now + 60), "394302"),
        (lambda now: token(exp=None), "394301"),
        (lambda now: token(sub="LOCAL.OTHER"), "390144"),
        (lambda now: token(iss="LOCAL.DEMO"), "390144"),
        (lambda now: token(iss="OTHER.DEMO." + fingerprint_of(KEY.public_key())), "394307"),
        (lambda now: token(iss="LOCAL.NOBODY." + fingerprint_of(KEY.public_key()), sub="LOCAL.NOBODY"), "394300"),
        (lambda now: token()[:-8], "394306"),
        (lambda now: "no token", "390144"),
        (lambda now: None, "390144"),
    ],
)
def test_wrong_tokens(accounts, made, code):
    with pytest.raises(LoginRefused) as caught:
        accounts.check_key_pair("demo", made(int(time.time())))
    assert caught.value.code == code


def test_token_of_another_user_name(accounts):
    with pytest.raises(LoginRefused):
        accounts.check_key_pair("somebody", token())
