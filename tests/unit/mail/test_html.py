import pytest

from routing.mail.html import TAGS, html_to_text


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("", ""),
        ("sans balise", "sans balise"),
        ("<p>un</p><p>deux</p>", "un\n\ndeux"),
        ("<div>un</div><div>deux</div>trois", "un\ndeux\ntrois"),
        ("un<br>deux<br/>trois", "un\ndeux\ntrois"),
        ("un <b>mot</b> en<i>gras</i>", "un mot engras"),
        ("<span>un</span> <span>deux</span>", "un deux"),
        ("<ul><li>un<li>deux</ul>fin", "- un\n- deux\n\nfin"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\nc"),
        ("<a href='http://x.fr/?a=1&b=2'>le lien</a>", "le lien"),
        ("caf&eacute; &amp; th&#233;&nbsp;!", "café & thé !"),
        ("<style>p{}</style><script>x<p></script><title>t</title>texte", "texte"),
        ("a<!-- <p>non</p> -->b<![if !mso]>c<![endif]>", "abc"),
        ("<pre>un\n  deux</pre>", "un\ndeux"),
        ("a<div style='DISPLAY : none'>caché</div>b", "ab"),
        ("a<span hidden>caché</span>b", "ab"),
        ("<p>un\n  deux</p>", "un deux"),
        ("<p>pas fermé <b>du tout", "pas fermé du tout"),
        ("a<span HIDDEN=''>caché</span>b", "ab"),
        ("a<span title='hidden' data-x=none>vu</span>b", "avub"),
        ("a<div style=color:red style='display:none'>vu</div>b", "a\nvu\nb"),
        ("a<img alt='x > y' src=z>b", "ab"),
        ("a<span title=\"it's\">b</span>'c", "ab'c"),
        ("a<p class=x'y>b", "a\n\nb"),
        ("a<svg/>b<p>c", "ab\n\nc"),
        ("<script>if (a <b) { c = '</script>' }", "' }"),
        ("<!-- a <b c=' -->texte'", "texte'"),
        ("<!-->texte<!--->fin<!-- <p>non", "textefin"),
        ("texte <a href='coupé", "texte"),
        ("<title>non</title ><TEXTAREA>non</textarea>texte", "texte"),
        ("<<!-- -->p a>texte", "<p a>texte"),
        ("a\0b", "ab"),
        ("1 < 2", "1 < 2"),
    ],
)
def test_html_reads_as_its_reader_sees_it(document, text):
    assert html_to_text(document) == text


def test_a_document_with_too_many_tags_reads_the_same_without_a_tree():
    row = "<tr><td>caf&eacute;<!-- <p> --><style>p{}</style></td><td><b>th</b>é<ul><li>x</ul></td></tr>"
    assert html_to_text("<table>" + row).split() == ["café", "thé", "-", "x"]
    assert html_to_text("<table>" + row * TAGS).split() == ["café", "thé", "-", "x"] * TAGS


def test_deep_nesting_neither_recurses_nor_loses_the_text():
    assert html_to_text("<div>" * 2900 + "au fond") == "au fond"
    assert html_to_text("<div>" * 100_000 + "au fond") == "au fond"


def test_a_reference_to_no_character_is_read_without_a_tree_too():
    text = html_to_text("<i>" * (TAGS + 1) + "a&#" + "9" * 5000 + ";b&#x" + "f" * 5000 + ";&eacute;&#233;")
    assert text == "a\ufffdb\ufffdéé"
