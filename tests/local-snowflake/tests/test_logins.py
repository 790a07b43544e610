"""Second factors, tokens, workload identities and browsers: what is right is taken, everything else refused by number."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from local_snowflake.protocol.accounts import LoginRefused
from local_snowflake.protocol.one_time_codes import STEP_SECONDS, OneTimeCodes, code_of
from local_snowflake.protocol.tokens_of_users import TokensOfUsers
from local_snowflake.protocol.workloads import Workloads
from server_process import ServerProcess

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)


def code_of_refusal(action) -> str:
    with pytest.raises(LoginRefused) as caught:
        action()
    return caught.value.code


def current_code(steps: int = 0) -> str:
    return code_of(base64.b32decode(SECRET), int(time.time()) // STEP_SECONDS + steps)


def test_codes_are_those_of_the_standard():
    # The last six digits of the eight in RFC 6238, appendix B.
    assert code_of(b"12345678901234567890", 59 // 30) == "287082"
    assert code_of(b"12345678901234567890", 1111111109 // 30) == "081804"


def test_a_code_is_needed_and_works_once():
    codes = OneTimeCodes()
    codes.enrol("demo", SECRET)
    codes.check("OTHER", {})
    assert code_of_refusal(lambda: codes.check("DEMO", {"PASSWORD": "p"})) == "394508"
    given = {"EXT_AUTHN_DUO_METHOD": "passcode", "PASSCODE": current_code()}
    assert code_of_refusal(lambda: codes.check("DEMO", {**given, "PASSCODE": "000000"})) == "394507"
    codes.check("DEMO", given)
    assert code_of_refusal(lambda: codes.check("DEMO", given)) == "394507"
    codes.check("DEMO", {"TOKEN": codes.token("DEMO")})
    assert code_of_refusal(lambda: codes.check("DEMO", {"TOKEN": "another"})) == "394508"
    split = codes.split_password("demo", {"EXT_AUTHN_DUO_METHOD": "passcode", "PASSWORD": "secret123456"})
    assert (split["PASSWORD"], split["PASSCODE"]) == ("secret", "123456")


def test_programmatic_tokens():
    tokens = TokensOfUsers(600)
    tokens.add_programmatic("demo", "pat")
    assert tokens.user_of_programmatic("", "pat") == tokens.user_of_programmatic("Demo", "pat") == "DEMO"
    for name, token in (("other", "pat"), ("", "no"), ("", None)):
        assert code_of_refusal(lambda name=name, token=token: tokens.user_of_programmatic(name, token)) == "394400"
        assert not tokens.is_programmatic(name, token)
    assert tokens.is_programmatic("Demo", "pat") and not tokens.is_programmatic("", "pat")


def jwt(key=KEY, header=None, **changes) -> str:
    claims = {"sub": "job-1", "aud": "snowflakecomputing.com", "exp": time.time() + 60, **changes}
    parts = [json.dumps(part).encode() for part in (header or {"alg": "RS256"}, claims)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


@pytest.fixture
def public_key(tmp_path):
    file = tmp_path / "key.pub"
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    file.write_bytes(KEY.public_key().public_bytes(serialization.Encoding.PEM, form))
    return file


def test_signed_identities(public_key):
    workloads = Workloads()
    workloads.add_signed("job", "OIDC", "job-1", public_key)
    assert workloads.user("OIDC", jwt()) == "JOB"
    wrong = [
        jwt(OTHER_KEY), jwt(sub="job-2"), jwt(aud="elsewhere"), jwt(exp=time.time() - 1), jwt(exp=None),
        jwt(header={"alg": "none"}), jwt()[:-9], "no token",
    ]  # fmt: skip
    for token in wrong:
        assert code_of_refusal(lambda token=token: workloads.user("OIDC", token)) == "390144"
    assert code_of_refusal(lambda: workloads.user("GCP", jwt())) == "390144"


def question(secret="aws-secret", stamp=None, **changes) -> str:
    stamp = stamp or time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    host = "sts.eu-west-1.amazonaws.com"
    headers = {"host": host, "x-amz-date": stamp, "x-snowflake-audience": "snowflakecomputing.com"}
    query, names = "Action=GetCallerIdentity&Version=2011-06-15", ";".join(headers)
    canonical = "".join(f"{name}:{value}\n" for name, value in headers.items())
    empty = hashlib.sha256(b"").hexdigest()
    request = f"POST\n/\n{query}\n{canonical}\n{names}\n{empty}"
    scope = f"{stamp[:8]}/eu-west-1/sts/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential=AKIA1/{scope}, SignedHeaders={names}, Signature={signature}"
    content = {"url": f"https://{host}/?{query}", "method": "POST", "headers": {**headers, **changes}}
    return base64.b64encode(json.dumps(content).encode()).decode()


def test_signed_questions_to_aws():
    workloads = Workloads()
    workloads.add_aws("job", "AKIA1", "aws-secret")
    assert workloads.user("AWS", question()) == "JOB"
    wrong = [
        question(secret="another"), question(stamp="20200101T000000Z"), question(host="evil.example.com"), "bm8=", "?",
        question(**{"x-snowflake-audience": "elsewhere"}), question(authorization="AWS4-HMAC-SHA256 Credential=AKIA1"),
    ]  # fmt: skip
    for token in wrong:
        assert code_of_refusal(lambda token=token: workloads.user("AWS", token)) == "390144"


def ask_for_token(server, identity="client", secret="secret", **form) -> tuple[int, dict]:
    body = urllib.parse.urlencode({"grant_type": "client_credentials", **form}).encode()
    basic = base64.b64encode(f"{identity}:{secret}".encode()).decode()
    request = urllib.request.Request(f"{server.url}/oauth/token-request", body, {"authorization": f"Basic {basic}"})
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)


def log_in(server, query="", **data) -> dict:
    body = json.dumps({"data": {"ACCOUNT_NAME": "LOCAL", **data}}).encode()
    address = f"{server.url}/session/v1/login-request?{query}"
    with urllib.request.urlopen(urllib.request.Request(address, body, {"content-type": "application/json"})) as reply:
        return json.load(reply)


def test_oauth_tokens_are_given_out_and_end():
    with ServerProcess("--oauth-client", "demo=client:secret", "--oauth-seconds", "1") as server:
        assert ask_for_token(server, secret="wrong")[1]["error"] == "invalid_client"
        assert ask_for_token(server, grant_type="password")[1]["error"] == "unsupported_grant_type"
        assert ask_for_token(server, scope="everything")[1]["error"] == "invalid_scope"
        status, granted = ask_for_token(server, scope="session:role:SYSADMIN")
        assert (status, granted["expires_in"]) == (200, 1)
        oauth = {"AUTHENTICATOR": "OAUTH", "TOKEN": granted["access_token"]}
        assert log_in(server, **oauth)["success"]
        assert log_in(server, "roleName=PUBLIC", **oauth)["code"] == "390303"
        assert log_in(server, **{**oauth, "TOKEN": "another"})["code"] == "390303"
        time.sleep(1.1)
        assert log_in(server, **oauth)["code"] == "390318"


def test_a_person_at_a_browser():
    class KeepRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    with ServerProcess() as server:
        data = {"ACCOUNT_NAME": "LOCAL", "LOGIN_NAME": "demo", "AUTHENTICATOR": "EXTERNALBROWSER", "BROWSER_MODE_REDIRECT_PORT": "1"}
        body = json.dumps({"data": data}).encode()
        with urllib.request.urlopen(f"{server.url}/session/authenticator-request", body) as reply:
            page = json.load(reply)["data"]
        opener = urllib.request.build_opener(KeepRedirect)

        def submit(password):
            with pytest.raises(urllib.error.HTTPError) as caught:
                opener.open(page["ssoUrl"], urllib.parse.urlencode({"user": "demo", "password": password}).encode())
            return caught.value

        assert submit("wrong").code == 403
        address = submit("demo").headers["location"]
        token = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["token"][0]
        proof = {"LOGIN_NAME": "demo", "AUTHENTICATOR": "EXTERNALBROWSER", "TOKEN": token, "PROOF_KEY": page["proofKey"]}
        keep = {"SESSION_PARAMETERS": {"CLIENT_STORE_TEMPORARY_CREDENTIAL": True}}
        reply = log_in(server, **proof, **keep)
        assert reply["success"]
        assert log_in(server, **proof)["code"] == "390190", "it works once"
        later = {"LOGIN_NAME": "demo", "AUTHENTICATOR": "ID_TOKEN", "TOKEN": reply["data"]["idToken"]}
        assert log_in(server, **later)["success"]
        assert log_in(server, **{**later, "LOGIN_NAME": "other"})["code"] == "390195"
