"""Sending to a server on this machine: what arrives, what is refused, and what the messages say."""

import shutil
import socket
import ssl
import subprocess
import threading

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from infer.digest.config import load_digest_config
from infer.digest.mail import message
from infer.digest.sending import SendingError, send, settings_from_environment
from infer.errors import UsageError
from tests.infer.digest.days import digest

PASSWORD = "geheim-5a1e"
MAIL = message(
    digest(), load_digest_config(), sender="a@b.example", recipients=("c@d.example", "gone@d.example")
)


class Inbox:
    def __init__(self):
        self.mails = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("gone"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def server():
    """Starts a server; gives its inbox and its port."""
    running = []

    def start(**options):
        inbox = Inbox()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
        controller.start()
        running.append(controller)
        return inbox, port

    yield start
    for controller in running:
        controller.stop()


@pytest.fixture
def answering():
    """Starts a server that answers each word of SMTP as told, 250 by default, None by hanging up."""
    servers = []

    def serve(server, answers):
        with server.accept()[0] as connection, connection.makefile("rwb", buffering=0) as stream:
            stream.write(b"220 here\r\n")
            while line := stream.readline():
                word = line[:4].upper()
                answer = answers.get(word, lambda _: b"250 OK")(line)
                if answer is None:
                    return
                stream.write(answer + b"\r\n")
                if answer.startswith(b"354"):
                    while stream.readline() not in (b".\r\n", b""):
                        pass
                    stream.write(b"250 OK\r\n")

    def start(answers):
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)
        answers = {b"DATA": lambda _: b"354 go on"} | answers
        threading.Thread(target=serve, args=(server, answers), daemon=True).start()
        return server.getsockname()[1]

    yield start
    for server in servers:
        server.close()


def settings(port, **more):
    given = {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "FROM": "a@b.example",
        "STARTTLS": "0",
        "TIMEOUT": "5",
    } | more
    return settings_from_environment({f"MUJAZ_SMTP_{name}": value for name, value in given.items()})


def refusal(mail, chosen):
    with pytest.raises(SendingError) as error:
        send(mail, chosen)
    assert f"{chosen.host}:{chosen.port}" in str(error.value)
    assert PASSWORD not in str(error.value)
    return str(error.value)


def one_recipient(who="c@d.example"):
    return message(digest(), load_digest_config(), sender="a@b.example", recipients=(who,))


def test_a_mail_arrives_dated_now_and_the_callers_stays_as_it_is(server):
    inbox, port = server()
    mail = one_recipient()
    before = mail.as_bytes()
    send(mail, settings(port))
    assert mail.as_bytes() == before
    (envelope,) = inbox.mails
    assert envelope.rcpt_tos == ["c@d.example"]
    assert b"Date: Wed, 05 Mar 2025" in before and b"Date: Wed, 05 Mar 2025" not in envelope.content
    assert mail["Message-ID"].encode() in envelope.content


def test_refused_recipients_are_named_and_the_others_have_the_mail(server):
    inbox, port = server()
    told = refusal(MAIL, settings(port))
    assert "gone@d.example" in told and "no such user" in told and "c@d.example (" not in told
    assert inbox.mails[0].rcpt_tos == ["c@d.example"]
    assert "nobody gets the mail" in refusal(one_recipient("gone@d.example"), settings(port))


def test_a_temporary_refusal_names_whom_it_is_for(answering):
    later = {b"RCPT": lambda line: b"451 greylisted" if b"gone@" in line else b"250 OK"}
    told = refusal(MAIL, settings(answering(later)))
    assert "is sent, but not to gone@d.example (451 greylisted)" in told
    assert "nobody gets the mail" in refusal(MAIL, settings(answering({b"RCPT": lambda _: b"450 later"})))


def test_what_a_server_says_cannot_steer_a_terminal(answering):
    told = refusal(
        one_recipient(), settings(answering({b"RCPT": lambda _: b"550 \x1b[2J\x07\xe2\x80\xaeno"}))
    )
    assert "550 [2J no" in told


@pytest.mark.parametrize("goodbye", [b"250 OK", b"421 too late", None])
def test_a_mail_that_was_taken_is_sent_whatever_the_goodbye(answering, goodbye):
    send(one_recipient(), settings(answering({b"QUIT": lambda _: goodbye})))


def test_an_odd_goodbye_hides_no_refusal(answering):
    answers = {b"MAIL": lambda _: b"552 too much mail", b"QUIT": lambda _: b"250 OK"}
    assert "too much mail" in refusal(one_recipient(), settings(answering(answers)))


def test_a_login(server):
    def check(server, session, envelope, mechanism, data):
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)

    inbox, port = server(authenticator=check, auth_required=True, auth_require_tls=False)
    send(one_recipient(), settings(port, USER="u", PASSWORD=PASSWORD))
    assert len(inbox.mails) == 1
    assert "MUJAZ_SMTP_PASSWORD" in refusal(
        one_recipient(), settings(port, USER="u", PASSWORD=PASSWORD + "x")
    )


@pytest.fixture
def certificate(tmp_path):
    return made_for("127.0.0.1", tmp_path)


def made_for(address, folder):
    if not shutil.which("openssl"):
        pytest.skip("makes its certificate with openssl")
    key, path = folder / f"{address}-key.pem", folder / f"{address}.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", f"subjectAltName=IP:{address}"]
    run = [*command.split(), *names, "-keyout", str(key), "-out", str(path)]
    subprocess.run(run, check=True, capture_output=True)
    return path, key


def served_with(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    return context


def test_starttls_is_verified(server, certificate, monkeypatch):
    inbox, port = server(tls_context=served_with(certificate), require_starttls=True)
    assert "certificate is not trusted" in refusal(one_recipient(), settings(port, STARTTLS="1"))
    assert not inbox.mails
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    send(one_recipient(), settings(port, STARTTLS="1"))
    assert len(inbox.mails) == 1


def test_tls_from_the_first_byte_is_verified(server, certificate, monkeypatch):
    inbox, port = server(ssl_context=served_with(certificate))
    told = refusal(one_recipient(), settings(port, TLS="1"))
    assert "certificate is not trusted" in told and "SSL_CERT_FILE" in told
    assert not inbox.mails
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    send(one_recipient(), settings(port, TLS="1"))
    assert inbox.mails[0].rcpt_tos == ["c@d.example"]


def test_a_trusted_certificate_for_another_machine_is_refused(server, tmp_path, monkeypatch):
    another = made_for("127.0.0.2", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(another[0]))
    inbox, port = server(ssl_context=served_with(another))
    assert "not valid for '127.0.0.1'" in refusal(one_recipient(), settings(port, TLS="1"))
    assert not inbox.mails


def test_tls_where_the_server_has_none_says_which_variable(server):
    inbox, port = server()
    assert "MUJAZ_SMTP_TLS" in refusal(one_recipient(), settings(port, TLS="1"))
    assert not inbox.mails


def test_a_server_without_starttls_gets_nothing(server):
    inbox, port = server()
    assert "MUJAZ_SMTP_STARTTLS=0" in refusal(one_recipient(), settings(port, STARTTLS="1"))
    assert not inbox.mails


def test_a_server_that_is_down_or_silent():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "no answer in 0.3 s" in refusal(one_recipient(), settings(port, TIMEOUT="0.3"))
    assert "cannot be reached" in refusal(one_recipient(), settings(port))


def test_a_server_that_hangs_up():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        assert "broke off" in refusal(one_recipient(), settings(server.getsockname()[1]))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"HOST": ""}, "MUJAZ_SMTP_HOST is not set"),
        ({"PASS": PASSWORD}, "MUJAZ_SMTP_PASS: no such variable"),
        ({"PORT": PASSWORD}, "MUJAZ_SMTP_PORT"),
        ({"USER": "u"}, "go together"),
        ({"FROM": "nobody"}, "no mail address"),
        ({"HOST": "mail.example", "USER": "u", "PASSWORD": PASSWORD}, "unencrypted"),
        ({"HOST": "mail example\r\n"}, "MUJAZ_SMTP_HOST"),
    ],
)
def test_settings_that_cannot_be_meant(more, told):
    with pytest.raises(UsageError, match=told) as error:
        settings(25, **more)
    assert PASSWORD not in str(error.value)
    assert PASSWORD not in repr(settings(25, USER="u", PASSWORD=PASSWORD))
