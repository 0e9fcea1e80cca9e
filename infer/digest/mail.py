"""The digest as a mail: plain text, and HTML that mail clients show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from infer.digest import plain, templating, wording
from infer.digest.config import DigestConfig
from infer.digest.day import Digest, Section
from infer.digest.letter import letter, shown_reports
from infer.digest.runs import runs
from infer.errors import UsageError
from infer.extras import need

# Gmail cuts mails off at 102 KB; by some reports it counts them as they are sent, a third larger.
MOST_BYTES = 72_000
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def message(
    digest: Digest, config: DigestConfig, *, sender: str | None = None, recipients: Sequence[str] = ()
) -> EmailMessage:
    """Write a digest as a mail of two parts.

    The same digest gives the same bytes: ``Date`` is that of its newest report (sending sets the true one),
    and ``Message-ID`` comes from what it says, so that a mail which is sent twice is known as the same.

    Args:
        digest: What it shows.
        config: Its wording, and where the whole digest is published.
        sender: Who it is from, ``name@host`` or ``Name <name@host>``; without one the mail is a draft.
        recipients: Who it is for; each sees the others.

    Raises:
        UsageError: An address is none, or a library is not installed.
    """
    digest = plain.harmless(digest)
    words = config.words(digest.lang)
    said = plain.said(digest, words)  # of all stories, those left out too
    kept, html = _fitting(digest, config, said)
    text = letter(kept, config, said, cut=kept is not digest)
    mark = plain.fingerprint(text, html)
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = plain.one_line(wording.title(digest, words))
    if sender:
        mail["From"] = mail_address(sender)
    if recipients:
        mail["To"] = [mail_address(each) for each in dict.fromkeys(recipients)]
    offset = plain.utc_offset(config.publishing.utc_offset)
    mail["Date"] = format_datetime(plain.updated(digest, offset))
    mail["Message-ID"] = f"<{mark}@{_host(config, sender)}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text, cte="base64")
    mail.add_alternative(html, subtype="html", cte="base64")
    mail["Content-Language"] = digest.lang
    mail.set_boundary(f"=_{mark}")  # the same every time; base64 never has it
    return mail


def mail_address(written: str) -> Address:
    """Read ``name@host`` or ``Name <name@host>``.

    Raises:
        UsageError: It is neither.
    """
    name, spec = parseaddr(written) if not _CONTROL.search(written) else ("", "")
    user, _, host = spec.partition("@")
    whole = written.strip() == spec or written.rstrip().endswith(f"<{spec}>")  # nothing is passed over
    if not whole or not _ADDRESS.fullmatch(spec) or len(user) > 64 or len(host) > 253 or ".." in user:
        raise UsageError(f"{written!r}: no mail address; write name@host.example or Name <name@host.example>")
    try:
        return Address(name, addr_spec=spec)
    except (ValueError, IndexError):
        raise UsageError(f"{written!r}: no mail address; write name@host.example") from None


def _host(config: DigestConfig, sender: str | None) -> str:
    if config.publishing.address and config.publishing.address.host:
        return config.publishing.address.host.strip("[]")
    return mail_address(sender).domain if sender else "mujaz.invalid"


def _fitting(digest: Digest, config: DigestConfig, said: str) -> tuple[Digest, str]:
    """As many stories of each section as the mail has room for, and their HTML."""
    html = _html(digest, config, said, cut=False)
    if len(html.encode()) <= MOST_BYTES:
        return digest, html
    least = 0
    most = max([len(digest.review), *(len(section.stories) for section in digest.sections)])
    kept = _cut(digest, least)
    html = _html(kept, config, said, cut=True)
    while most - least > 1:
        middle = (least + most) // 2
        fewer = _cut(digest, middle)
        tried = _html(fewer, config, said, cut=True)
        if len(tried.encode()) <= MOST_BYTES:
            least, kept, html = middle, fewer, tried
        else:
            most = middle
    return kept, html


def _cut(digest: Digest, most: int) -> Digest:
    def shorter(section: Section) -> Section:
        left_out = max(0, len(section.stories) - most)
        return replace(section, stories=section.stories[:most], more=section.more + left_out)

    return replace(
        digest,
        sections=tuple(map(shorter, digest.sections)),
        review=digest.review[:most],
        review_more=digest.review_more + max(0, len(digest.review) - most),
    )


def _html(digest: Digest, config: DigestConfig, said: str, *, cut: bool) -> str:
    need("digests", "digest", "css_inline")
    import css_inline

    words = config.words(digest.lang)
    rtl = digest.lang == "ar"
    written = (
        templating.environment()
        .get_template("mail.html.jinja")
        .render(
            digest=digest,
            config=config,
            words=words,
            cut=cut,
            sections=digest.sections,
            review=digest.review,
            review_more=digest.review_more,
            dir="rtl" if rtl else "ltr",
            side="right" if rtl else "left",
            title=wording.title(digest, words),
            said=said,
            address=config.publishing.address,
            shown=shown_reports,
            rest=lambda story: len(story.reports) - len(shown_reports(story)),
            runs=runs,
            story_facts=plain.story_facts,
            report_facts=plain.report_facts,
            told=plain.told,
            byline=wording.byline,
            counted=wording.counted,
            isolated=wording.isolated,
            number=wording.number,
        )
    )
    return css_inline.inline(written.strip(), load_remote_stylesheets=False)
