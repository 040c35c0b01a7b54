"""A mail's HTML in a page of ours: what stays, what goes, and that nothing harmful can."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.mail.safe_html import TAGS, safe_html

IMAGES = {"logo@x": "/mails/1/attachments/0"}
LINK = ' target="_blank" rel="noopener noreferrer nofollow"'
REFERRER = ' referrerpolicy="no-referrer"'
CEILING = 3.0
"""Most seconds of processor time for the worst documents; they take half a second, quadratic ones take minutes."""


def safe(document, **more):
    return safe_html(document, images=IMAGES, **more).html


@pytest.mark.parametrize(
    ("document", "shown"),
    [
        ("", ""),
        ("sans balise", "sans balise"),
        ("<p>un<p>deux", "<p>un</p><p>deux</p>"),
        ("<p onclick='x()' style='color:red' class=a id=b name=c>un", "<p>un</p>"),
        ("a<script>alert(1)</script>b<style>p{}</style>c<title>t</title>", "abc"),
        (
            "<h1 id=x>Titre</h1><h3>Sous-titre</h3>",
            "<div><strong>Titre</strong></div><div><strong>Sous-titre</strong></div>",
        ),
        ("<form action=/x><input name=a><button>Payer</button></form>", "<div>Payer</div>"),
        (
            "<table width=900><tr><th colspan=2 bgcolor=red>a",
            '<table><tbody><tr><td colspan="2">a</td></tr></tbody></table>',
        ),
        ("<a href='https://x.example/?a=1&b=2'>lien</a>", f'<a href="https://x.example/?a=1&amp;b=2"{LINK}>lien</a>'),
        ("<a href=mailto:a@x.example>écrire</a>", f'<a href="mailto:a@x.example"{LINK}>écrire</a>'),
        ("<a href='javascript:alert(1)'>non</a>", "non"),
        ("<a href=' java\nscript:alert(1)'>non</a>", "non"),
        ("<a href='data:text/html,x'>non</a>", "non"),
        ("<a href=/sign-out>non</a><a href=//x.example>non</a><a name=x>ici</a>", "nonnonici"),
        (
            "<img src='cid:logo%40x' alt=Logo width=50>",
            f'<img src="/mails/1/attachments/0" alt="Logo" width="50"{REFERRER}>',
        ),
        ("<img src=cid:logo@x>", f'<img src="/mails/1/attachments/0"{REFERRER} alt="">'),
        ("<img src=cid:other alt='Une photo'>", "Une photo"),
        ("<img src=https://x.example/a.gif alt='A > B'>fin", "A &gt; Bfin"),
        ("<img src='data:image/gif;base64,AA'>fin", "fin"),
        ("a<div style='display: none'>caché<b>aussi</b></div>b<span hidden>c</span>", "ab"),
        ("<svg><a href=javascript:x>a</a></svg><math>b</math>c", "c"),
        ("<p dir=rtl>x<p dir=javascript:x>y", '<p dir="rtl">x</p><p>y</p>'),
        ("&lt;b&gt; &amp;amp; &nbsp;", "&lt;b&gt; &amp;amp; &nbsp;"),
    ],
)
def test_what_has_a_meaning_stays_and_the_rest_goes(document, shown):
    assert safe(document) == shown


def test_a_link_around_a_picture_that_is_not_shown_is_called_by_its_host():
    assert safe("<a href='https://shop.example/x?y'><img src=https://t.example/1.gif></a>").endswith(
        ">shop.example</a>"
    )
    assert ">Promo</a>" in safe("<a href='https://shop.example/x'><img src=https://t.example/1.gif alt=Promo></a>")


def test_lists_hold_items_and_items_stand_in_lists():
    assert safe("<ul>a<li>b</li><div>c</div></ul>") == "<ul><li>a</li><li>b</li><li><div>c</div></li></ul>"
    assert safe("<li>seul</li>") == "<div>seul</div>"


def test_images_of_other_hosts_are_counted_and_shown_only_when_asked_for():
    document = "<img src=https://a.example/1><img src=http://a.example/2><img src=//a.example/3><img src=cid:logo@x>"
    found = safe_html(document, images=IMAGES)
    assert found.remote_images == 3
    assert "a.example" not in found.html
    found = safe_html(document, images=IMAGES, remote=True)
    assert found.remote_images == 3
    assert 'src="https://a.example/1"' in found.html
    assert REFERRER in found.html
    assert "a.example/2" not in found.html
    assert "a.example/3" not in found.html


def test_what_is_too_intricate_is_not_shown():
    assert safe_html("<p>x" * (TAGS + 1), images={}) is None
    assert safe_html("<p>x" * TAGS, images={}) is not None


@pytest.mark.parametrize(
    "document",
    [
        "<div>" * TAGS,
        "<b></p>" * (TAGS // 2),
        "<table><b>" * (TAGS // 2),
        "<p>"
        + "".join(f"<{tag}>" * 3 for tag in ["b", "code", "em", "i", "s", "small", "strong", "tt", "u"])
        + "</p>"
        + "<p>a" * (TAGS - 100),
        "<p>" + "".join(f"<b dir={n}>" for n in range(2000)) + "</p>" + "<p>a" * (TAGS - 2100),
        "<a " + "b=1 " * 250_000 + ">x</a>",
        "<b a" + "'\"" * 400_000,
        "<p " + "hidden" * 150_000,
        "&amp" * 250_000,
        "<ul>" + "<a href=https://x.example/>" * (TAGS - 1),
    ],
    ids=range(10),
)
def test_hostile_documents_take_bounded_time(document):
    start = time.process_time()
    safe_html(document, images={})
    assert time.process_time() - start < CEILING


_NAMES = st.sampled_from(
    [
        "a",
        "img",
        "p",
        "div",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "h1",
        "h2",
        "script",
        "style",
        "svg",
        "math",
        "title",
        "textarea",
        "iframe",
        "noscript",
        "template",
        "form",
        "input",
        "b",
        "i",
        "u",
        "font",
        "object",
        "embed",
        "base",
        "meta",
        "link",
        "body",
        "html",
        "select",
        "option",
        "foreignObject",
        "annotation-xml",
        "mglyph",
    ]
)
_VALUES = st.sampled_from(
    [
        "javascript:alert(1)",
        "https://a.example/x",
        "http://a.example/",
        "//a.example",
        "cid:logo@x",
        "data:text/html,x",
        "/sign-out",
        "\x01javascript:x",
        "java\tscript:x",
        'x" onload="y',
        "x' onload='y",
        "<img src=x onerror=y>",
        "a>b",
        "color:red;background:url(https://a.example)",
        "display:none",
        "&#106;avascript:x",
        "",
        "ltr",
        "9",
    ]
)
_GIVEN = st.tuples(
    st.sampled_from(
        [
            "href",
            "src",
            "style",
            "onclick",
            "onerror",
            "id",
            "class",
            "name",
            "alt",
            "title",
            "srcset",
            "background",
            "dir",
            "width",
            "xlink:href",
            "formaction",
            "action",
            "hidden",
            "target",
            "rel",
            "srcdoc",
        ]
    ),
    _VALUES,
    st.sampled_from(["'", '"', ""]),
).map(lambda given: f" {given[0]}={given[2]}{given[1]}{given[2]}")
_PIECES = st.one_of(
    st.tuples(_NAMES, st.lists(_GIVEN, max_size=3)).map(lambda tag: f"<{tag[0]}{''.join(tag[1])}>"),
    _NAMES.map(lambda name: f"</{name}>"),
    st.sampled_from(
        ["texte", "<!--", "-->", "--!>", "<![CDATA[", "]]>", "<", ">", '"', "&lt;", "<?x", "\0", "&#0;", "<a", "/>"]
    ),
    st.text(max_size=5),
)


@given(st.lists(_PIECES, max_size=25).map("".join), st.booleans())
def test_no_document_brings_scripts_styles_foreign_addresses_or_unclosed_tags(check_safe_html, document, remote):
    check_safe_html(document, IMAGES, remote=remote)
