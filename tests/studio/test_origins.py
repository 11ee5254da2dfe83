import pytest

from rollback.errors import UsageError
from rollback.studio.origins import Origins
from rollback.studio.refusals import Refused
from tests.cases import every

TOKEN = "a-token-that-nobody-guesses"


def scope(scheme="http", **headers):
    return {"scheme": scheme, "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]}


MINE = [
    scope(host="127.0.0.1:8100"),
    scope(host="localhost:8100", origin="http://localhost:8100"),
    scope(host="[::1]:8100", origin="http://[::1]:8100"),
    scope(host="127.0.0.1:8100", sec_fetch_site="same-origin"),
    scope(host="127.0.0.1:8100", sec_fetch_site="none"),
    scope("ws", host="127.0.0.1:8100", origin="http://127.0.0.1:8100"),
    scope("wss", host="127.0.0.1", origin="https://127.0.0.1"),
]
THEIRS = [
    scope(host="127.0.0.1:8100", origin="http://evil.example"),
    scope(host="127.0.0.1:8100", origin="null"),
    scope(host="127.0.0.1:8100", origin="http://127.0.0.1:8101"),
    scope(host="127.0.0.1:8100", origin="https://127.0.0.1:8100"),
    scope(host="127.0.0.1:8100", origin=""),
    scope(host="127.0.0.1:8100", sec_fetch_site="cross-site"),
    scope(host="127.0.0.1:8100", sec_fetch_site="same-site"),
    scope(host="evil.example:8100", origin="http://evil.example:8100"),  # a name that leads to 127.0.0.1
    scope(host="evil.example"),
    scope(host="127.0.0.1.evil.example"),
    scope(host=""),
    scope(),
    scope("ws", host="127.0.0.1:8100", origin="http://localhost:8100"),
]


@every("request", MINE)
def test_the_own_page_and_programs_of_this_machine_may_come(request):
    Origins().check(request)


@every("request", THEIRS)
def test_a_page_of_another_origin_gets_nothing_also_by_a_name_that_leads_here(request):
    with pytest.raises(Refused) as refused:
        Origins().check(request)
    assert refused.value.status == 403


def test_with_a_token_any_name_will_do_but_no_other_origin():
    Origins(TOKEN).check(scope(host="lab.example", origin="http://lab.example"))
    with pytest.raises(Refused):
        Origins(TOKEN).check(scope(host="lab.example", origin="http://evil.example"))


def test_origins_that_were_named_may_come():
    origins = Origins(origins=["https://lab.example:8443"])
    origins.check(scope(host="127.0.0.1:8100", origin="https://lab.example:8443"))
    origins.check(scope(host="lab.example:8443"))
    with pytest.raises(Refused):
        origins.check(scope(host="127.0.0.1:8100", origin="https://lab.example"))


@every("given", ["", None, 7, TOKEN + "x", TOKEN[:-1], TOKEN.upper(), ["x"], "ä" * 20])
def test_a_wrong_token_is_refused(given):
    with pytest.raises(Refused) as refused:
        Origins(TOKEN).check_token(given)
    assert refused.value.status == 401


def test_the_right_token_opens_also_as_a_header():
    Origins(TOKEN).check_token(TOKEN)
    Origins(TOKEN).check_bearer(scope(authorization=f"Bearer {TOKEN}"))
    Origins().check_bearer(scope())
    for header in ("", TOKEN, f"Basic {TOKEN}", "Bearer", f"Bearer x{TOKEN}"):
        with pytest.raises(Refused):
            Origins(TOKEN).check_bearer(scope(authorization=header))


@every("token", ["short", "ä" * 30, "with a space in it and more", "x" * 15])
def test_a_token_that_can_be_guessed_is_refused(token):
    with pytest.raises(UsageError, match="a token has at least 16"):
        Origins(token)


@every("origin", ["lab.example", "ftp://lab.example", "https://lab.example/page", "*", "https://"])
def test_what_is_no_origin_is_refused(origin):
    with pytest.raises(UsageError, match="an origin is https://"):
        Origins(origins=[origin])
