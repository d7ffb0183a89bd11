"""The client: every way in which no answer comes is provoked on loopback and told in its own sentence."""

from __future__ import annotations

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import httpcore
import pytest
import trustme
from polarsearch_mock.certificates import Certificates

from pytest_polarsearch import client as client_module
from pytest_polarsearch.client import TROUBLE, Client, NoAnswer, Trust
from pytest_polarsearch.exchange import Exchange
from pytest_polarsearch.secret import Secret
from pytest_polarsearch.settings import Account
from pytest_polarsearch.verbs import MlCommons
from pytest_polarsearch.wire import Broken, Deadline, Wire

from .standins import JSON, answer, closed_port, cluster, raw_server


def hang(connection, over):
    """Take the request and say nothing."""
    connection.recv(65536)
    over.wait(5)


def trickle(connection, over):
    """A byte now and then, for ever: no single read takes long."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    while not over.wait(0.02):
        connection.sendall(b" ")


def too_long(connection, over):
    """More than is kept."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"x" * 5000)
    over.wait(5)


def drop(connection, _over):
    """Take the request and close."""
    connection.recv(65536)


def half(connection, _over):
    """Close in the middle of the body."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")


def gibberish(connection, _over):
    """Speak something else."""
    connection.recv(65536)
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def tls(certificates):
    """Take the TLS handshake with a certificate that nobody knows."""
    return tls_of(*certificates.server)


def tls_of(*files):
    """Take the TLS handshake with the certificate (and key) in these files."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)

    def talk(connection, _over):
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(65536)

    return talk


#: What happens -> scheme, server, row of TROUBLE, a word of the sentence that says what to change.
WAYS = {
    "hang": ("http", hang, "deadline", "--polarsearch-timeout"),
    "trickle": ("http", trickle, "deadline", "--polarsearch-timeout"),
    "too long": ("http", too_long, "too-long", "1000 bytes"),
    "drop": ("http", drop, "dropped", "check the scheme"),
    "half a body": ("http", half, "dropped", "check the scheme"),
    "another protocol": ("http", gibberish, "dropped", "check the scheme"),
    "plain http where https is asked": ("https", gibberish, "no-tls", "--polarsearch-host http://127.0.0.1:"),
}


@pytest.fixture(scope="module")
def certificates():
    """A certificate authority that nobody trusts, and a server's pair of it."""
    with Certificates() as made:
        yield made


def ask(url, *, method="GET", path="/some/path", timeout=0.3, **how):
    """Ask once; the way in which no answer came."""
    asking = Client(url, timeout=timeout, **how)
    try:
        with pytest.raises(NoAnswer) as none:
            asking.request(method, path)
    finally:
        asking.close()
    return none.value


def check_told(none, kind, words):
    """The refusal is the row's sentence, in one line, and the exchange keeps it."""
    assert none.kind == kind
    assert words in str(none)
    assert "\n" not in str(none)
    assert "{" not in str(none)
    assert none.exchange.status is None
    assert none.exchange.trouble == str(none)


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_does_not_answer_is_told(way, monkeypatch):
    """Each misbehaviour on an open port has its row, and the sentence says what to change."""
    monkeypatch.setattr(client_module, "MOST_BYTES", 1000)
    scheme, talk, kind, words = WAYS[way]
    with raw_server(talk) as port:
        check_told(ask(f"{scheme}://127.0.0.1:{port}"), kind, words)


def test_a_closed_port_is_told():
    """Connection refused names host and port."""
    port = closed_port()
    check_told(ask(f"http://127.0.0.1:{port}"), "refused", f"127.0.0.1:{port}")


def test_an_unknown_host_is_told():
    """A name that no resolver may know (RFC 2606) is told as such."""
    check_told(ask("http://no-such-node.invalid:9200", timeout=20), "unknown-host", "no-such-node.invalid")


def test_an_untrusted_certificate_names_the_option(certificates):
    """A certificate of an unknown issuer is refused, with the option that trusts it."""
    with raw_server(tls(certificates)) as port:
        check_told(ask(f"https://127.0.0.1:{port}", timeout=5), "untrusted", "--polarsearch-ca")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_certificate_for_another_name_is_refused(host, tmp_path):
    """Its issuer is trusted, and it is somebody else's: the sentence says that the name is the matter."""
    authority = trustme.CA()
    issued = authority.issue_cert("somebody-else.example")
    chain, ca = tmp_path / "chain.pem", tmp_path / "ca.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(chain)
    authority.cert_pem.write_to_path(ca)
    with raw_server(tls_of(chain)) as port:
        none = ask(f"https://{host}:{port}", timeout=5, trust=Trust(ca=str(ca)))
    check_told(none, "wrong-name", "put the name that stands in it into --polarsearch-host")


def test_an_address_without_a_way_is_told(monkeypatch):
    """What fits no other row is unreachable, with what the system said."""

    def unreachable(*_args, **_kwargs):
        raise httpcore.ConnectError("[Errno 101] Network is unreachable")

    monkeypatch.setattr(httpcore.ConnectionPool, "handle_request", unreachable)
    check_told(ask("http://127.0.0.1:9"), "unreachable", "Network is unreachable")


def test_every_row_of_trouble_is_provoked():
    """A new row needs a test here."""
    provoked = {kind for _, _, kind, _ in WAYS.values()} | {
        "refused",
        "unknown-host",
        "untrusted",
        "wrong-name",
        "unreachable",
    }
    assert provoked == set(TROUBLE)


def test_a_known_certificate_is_trusted(certificates):
    """--polarsearch-ca with the issuer lets the request through; --polarsearch-insecure too."""
    for trust in (Trust(ca=certificates.ca), Trust(insecure=True)):
        with raw_server(tls(certificates)) as port:
            assert ask(f"https://localhost:{port}", timeout=5, trust=trust).kind == "dropped"


def test_a_file_without_certificates_is_refused(tmp_path):
    """The sentence names the option and the file."""
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ValueError, match=r"--polarsearch-ca .*ca\.pem holds no certificate"):
        Client("https://127.0.0.1:1", trust=Trust(ca=str(tmp_path / "ca.pem")))


def test_the_deadline_is_one_of_the_whole_request():
    """A server that trickles bytes does not stretch the time that the option gives."""
    with raw_server(trickle) as port:
        started = time.monotonic()
        ask(f"http://127.0.0.1:{port}", timeout=0.2)
        assert time.monotonic() - started < 3


def test_a_request_leaves_in_one_piece():
    """Head and body go to the network together: apart they would wake the server twice."""
    pieces = []

    def take(connection, _over):
        pieces.append(connection.recv(65536))
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")

    with raw_server(take) as port, closing(Client(f"http://127.0.0.1:{port}")) as client:
        assert client.request("POST", "/x", {"a": 1}).ok
    assert pieces[0].endswith(b'\r\n\r\n{"a": 1}')


class Network(httpcore.NetworkBackend, httpcore.NetworkStream):
    """Connects to an end that keeps nine bytes of a body for itself: it has answered before it had read all."""

    def __init__(self):
        self.sent = b""

    def connect_tcp(self, *_where, **_how):
        return self

    def write(self, buffer, timeout=None):
        self.sent = buffer
        if buffer.endswith(b"x" * 9):
            raise httpcore.WriteError("broken pipe")

    def read(self, max_bytes, timeout=None):
        return b"HTTP/1.1 413 Payload Too Large\r\ncontent-length: 8\r\n\r\ntoo long"

    def get_extra_info(self, info):
        return None

    def close(self):
        pass


def test_an_answer_before_all_was_read_counts():
    """A server that refuses a long request early has said why: that is the answer, not the broken pipe."""
    wire = Wire(None, 1000, network=Network())
    assert wire.ask("POST", "http://127.0.0.1/", {}, b"x" * 9, 5)[::2] == (413, b"too long")
    wire.close()


@pytest.mark.parametrize(
    ("asked", "host", "target"),
    [
        ("http://a.example:9200/x?pretty", b"a.example:9200", b"/x?pretty"),
        ("https://a.example:443", b"a.example", b"/"),
        ("http://[::1]:80/", b"[::1]", b"/"),
        ("http://münchen.example/", b"xn--mnchen-3ya.example", b"/"),
        ("http://a.example/über uns/%7Bid%7D?q=a b&x=%20", b"a.example", b"/%C3%BCber%20uns/%7Bid%7D?q=a%20b&x=%20"),
    ],
)
def test_addresses_are_written_as_they_must_be(asked, host, target):
    """Host and target of any address: ports that go without saying, IPv6, other letters, what is escaped already."""
    network = Network()
    wire = Wire(None, 1000, network=network)
    wire.ask("GET", asked.replace("https", "http"), {}, None, 5)
    wire.close()
    first, *headers = network.sent.split(b"\r\n")
    assert first == b"GET " + target + b" HTTP/1.1"
    assert b"host: " + (host + b":443" if asked.startswith("https") else host) in headers


@pytest.mark.parametrize("asked", ["ftp://a.example/", "http:///x", "http://a.example:99999/", "http://[::1/"])
def test_what_is_no_address_is_unreachable(asked):
    """Nothing is sent, and the words say what was asked for."""
    wire = Wire(None, 1000)
    with pytest.raises(Broken) as caught:
        wire.ask("GET", asked, {}, None, 5)
    wire.close()
    assert caught.value.kind == "unreachable"
    assert caught.value.detail


def test_threads_have_deadlines_of_their_own():
    """Who asks in another thread has no deadline by this one's request, and gives it none."""
    deadline = Deadline()
    deadline.until = time.monotonic() - 1
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(deadline.left, 7.0, TimeoutError).result() == 7.0
        pool.submit(setattr, deadline, "until", None).result()
    with pytest.raises(TimeoutError):
        deadline.left(7.0, TimeoutError)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status):
    """An account must not go to where a redirect points: the redirect itself is the answer."""
    elsewhere = (("location", "http://127.0.0.1:9/elsewhere"),)
    with cluster({"GET /": answer(status, b"", headers=elsewhere)}) as (fake, ml):
        assert ml.info().status == status
        assert len(fake.asked) == 1


def test_proxies_of_the_environment_are_not_used(monkeypatch):
    """A proxy would make another machine of what is under test."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with cluster({"GET /": answer(200, {})}) as (_, ml):
        assert ml.info().ok


def test_an_account_is_sent_as_basic():
    """With an account each request has an Authorization, without one none has."""
    account = Account("admin", Secret("pass:word"))
    with cluster({"GET /": answer(200, {})}, account=account) as (fake, ml):
        ml.info()
        assert fake.asked[0].header("authorization") == "Basic YWRtaW46cGFzczp3b3Jk"
    with cluster({"GET /": answer(200, {})}) as (fake, ml):
        ml.info()
        assert fake.asked[0].header("authorization") is None


def test_a_cluster_below_a_path_is_asked_there():
    """A gateway may put the cluster below a path of its own; a path that is a whole address goes where it says."""
    with cluster({"GET /below/_cat": answer(200, {}), "GET /elsewhere": answer(200, {})}) as (fake, ml):
        with closing(Client(f"{ml.client.url}/below/")) as asking:
            assert asking.request("GET", "/_cat?v=a b").ok
            assert asking.request("GET", f"{ml.client.url}/elsewhere").ok
        assert [(one.path, one.query) for one in fake.asked] == [("/below/_cat", "v=a%20b"), ("/elsewhere", "")]


def test_nothing_is_carried_from_one_request_to_the_next():
    """A cookie that the cluster sets does not come back: each request stands for itself."""
    sweet = answer(200, {}, headers=(*JSON, ("set-cookie", "node=1")))
    with cluster({"GET /": sweet}) as (fake, ml):
        ml.info()
        ml.info()
    assert [one.header("cookie") for one in fake.asked] == [None, None]
    assert fake.asked[1].header("user-agent") == "pytest-polarsearch"


def test_an_account_goes_to_its_cluster_only():
    """A whole address is somebody else's: the model service does not see the cluster's password."""
    account = Account("admin", Secret("pass:word"))
    with cluster({"GET /": answer(200, {})}) as (fake, ml):
        asking = Client("http://127.0.0.1:9", account=account)
        asking.request("GET", f"{ml.client.url}/")
        asking.close()
        assert fake.asked[0].header("authorization") is None


def test_bodies_leave_as_utf8_json():
    """Letters beyond ASCII leave as they are, and the type is said."""
    with cluster({"POST /x": answer(200, {})}) as (fake, ml):
        ml.request("POST", "/x", {"text": '云 "数据库" \\ 🙂\n'})
    assert "云" in fake.asked[0].body.decode()
    assert fake.asked[0].header("content-type") == "application/json"


def test_without_a_body_no_type_is_said():
    """The guide's _deploy has neither body nor type."""
    with cluster({"POST /_plugins/_ml/models/m/_deploy": answer(200, {})}) as (fake, ml):
        ml.deploy("m")
    assert fake.asked[0].body == b""
    assert fake.asked[0].header("content-type") is None


def test_a_listener_hears_answers_and_their_absence():
    """Whoever listens gets every exchange, also one that had no answer, until he ends it."""
    heard: list[Exchange] = []
    with cluster({"GET /": answer(200, {})}) as (_, ml):
        stop = ml.client.listen(heard.append)
        ml.info()
        stop()
        ml.info()
    with ExitStack() as stack:
        asking = Client(f"http://127.0.0.1:{closed_port()}", timeout=1)
        stack.callback(asking.close)
        asking.listen(heard.append)
        with pytest.raises(NoAnswer):
            asking.request("GET", "/")
    assert [one.status for one in heard] == [200, None]


def test_the_client_shows_no_account():
    """Its repr can stand in a traceback."""
    asking = Client("http://127.0.0.1:1", account=Account("admin", Secret("s3cret")))
    asking.close()
    assert "s3cret" not in repr(asking)


ML = "/_plugins/_ml"
#: Verb -> the line that it sends.
VERBS = {
    "info": (lambda ml: ml.info(), "GET /"),
    "settings": (lambda ml: ml.settings(), "GET /_cluster/settings"),
    "change_settings": (lambda ml: ml.change_settings(persistent={"a": None}), "PUT /_cluster/settings"),
    "create_connector": (lambda ml: ml.create_connector({}), f"POST {ML}/connectors/_create"),
    "connector": (lambda ml: ml.connector("c"), f"GET {ML}/connectors/c"),
    "update_connector": (lambda ml: ml.update_connector("c", {}), f"PUT {ML}/connectors/c"),
    "delete_connector": (lambda ml: ml.delete_connector("c"), f"DELETE {ML}/connectors/c"),
    "search": (lambda ml: ml.search("models", {"match_all": {}}), f"POST {ML}/models/_search"),
    "register": (lambda ml: ml.register({}, deploy=True), f"POST {ML}/models/_register"),
    "model": (lambda ml: ml.model("m"), f"GET {ML}/models/m"),
    "update_model": (lambda ml: ml.update_model("m", {}), f"PUT {ML}/models/m"),
    "deploy": (lambda ml: ml.deploy("m"), f"POST {ML}/models/m/_deploy"),
    "predict": (lambda ml: ml.predict("m", {}), f"POST {ML}/models/m/_predict"),
    "predict_as": (lambda ml: ml.predict_as("text_embedding", "m", {}), f"POST {ML}/_predict/text_embedding/m"),
    "undeploy": (lambda ml: ml.undeploy("m"), f"POST {ML}/models/m/_undeploy"),
    "delete_model": (lambda ml: ml.delete_model("m"), f"DELETE {ML}/models/m"),
    "task": (lambda ml: ml.task("t"), f"GET {ML}/tasks/t"),
    "delete_task": (lambda ml: ml.delete_task("t"), f"DELETE {ML}/tasks/t"),
    "model_group": (lambda ml: ml.model_group("g"), f"GET {ML}/model_groups/g"),
    "delete_model_group": (lambda ml: ml.delete_model_group("g"), f"DELETE {ML}/model_groups/g"),
}


def test_each_verb_asks_on_its_route():
    """The verbs of ML Commons go where the guide and the REST reference have them."""
    with cluster({}) as (fake, ml):
        for verb, _ in VERBS.values():
            verb(ml)
        assert fake.lines == [line for _, line in VERBS.values()]
    public = {name for name in vars(MlCommons) if not name.startswith("_")}
    assert public == VERBS.keys()
