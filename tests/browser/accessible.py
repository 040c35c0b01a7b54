"""What can be measured of accessibility: axe-core, and what axe does not look at."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
RUN = """axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then((done) => done.violations.map((violation) =>
  `${violation.id} (${violation.impact}): ` + violation.nodes.slice(0, 3).map((node) =>
    `${node.html.slice(0, 200)} — ${node.any.concat(node.all, node.none).map((check) => check.message).join("; ")}`
  ).join(" | ")))"""

LEAST_TARGET = 24
"""CSS pixels (WCAG 2.5.8)."""
SMALL_TARGETS = """() => {
  const boxes = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
    .filter((element) => element.checkVisibility({checkVisibilityCSS: true, checkOpacity: true}))
    .map((element) => {
      // A label around or beside a control is part of its target.
      const all = [element, ...(element.labels || [])].map((each) => each.getBoundingClientRect());
      const width = Math.max(...all.map((box) => box.right)) - Math.min(...all.map((box) => box.left));
      const height = Math.max(...all.map((box) => box.bottom)) - Math.min(...all.map((box) => box.top));
      return {element, width, height};
    })
    .filter(({width, height}) => width > 1 && height > 1);
  // Links within a sentence are excepted.
  const inSentence = (element) => element.matches("a") && element.closest("p, li p, dd, figcaption, .said")
    && getComputedStyle(element).display === "inline";
  return boxes.filter(({element, width, height}) => (width < LEAST || height < LEAST) && !inSentence(element))
    .map(({element, width, height}) => `${Math.round(width)}x${Math.round(height)} ${element.outerHTML.slice(0, 160)}`);
}""".replace("LEAST", str(LEAST_TARGET - 0.5))

FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const visible = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  const number = window.facteurSeen || (window.facteurSeen = new Map());
  if (!number.has(element)) number.set(element, number.size);
  const box = element.getBoundingClientRect();
  return {
    number: number.get(element), visible, html: element.outerHTML.slice(0, 160),
    inView: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""
FOCUSABLE = """() => {
  const groups = new Set();
  return [...document.querySelectorAll(
    "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select:not([disabled]), "
    + "textarea:not([disabled]), summary, [tabindex='0']")]
    .filter((element) => element.checkVisibility({checkVisibilityCSS: true}) && element.tabIndex >= 0)
    .filter((element) => {
      if (element.type !== "radio") return true;
      const first = !groups.has(element.name);
      groups.add(element.name);
      return first;
    }).length;
}"""


@cache
def _source() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def violations(page: Any) -> list[str]:
    """Return what axe-core finds on the page as it stands: WCAG 2.2 A and AA, and its best practices.

    It is brought in by the debugger's protocol, which the page's policy of content does not rule.
    """
    session = page.context.new_cdp_session(page)
    try:
        there = session.send("Runtime.evaluate", {"expression": "typeof axe"})["result"]["value"]
        if there == "undefined":
            session.send("Runtime.evaluate", {"expression": _source()})
        answer = session.send(
            "Runtime.evaluate", {"expression": RUN % TAGS, "awaitPromise": True, "returnByValue": True}
        )
    finally:
        session.detach()
    if "exceptionDetails" in answer:
        raise AssertionError(answer["exceptionDetails"])
    found: list[str] = answer["result"]["value"]
    return found


def axe(page: Any) -> None:
    """Fail with what axe-core finds on the page as it stands."""
    found = violations(page)
    assert not found, f"{page.url}\n" + "\n".join(found)


def overflow(page: Any) -> int:
    """Return by how many pixels the page is wider than its window; what scrolls inside a box of its own is fine."""
    width: int = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width


def small_targets(page: Any) -> list[str]:
    """Return what one can click or tap that is smaller than 24 by 24 px and no link within a sentence."""
    found: list[str] = page.evaluate(SMALL_TARGETS)
    return found


def tab_through(page: Any) -> list[str]:
    """Go through the page by Tab; return what is wrong: no visible focus, out of view, or never reached."""
    wrong = []
    expected = page.evaluate(FOCUSABLE)
    reached: set[int] = set()
    for _ in range(2 * expected + 20):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at is None:  # past the last one; the next is the first
            if len(reached) >= expected:
                break
            continue
        if at["number"] in reached:
            if len(reached) >= expected:
                break
            continue
        reached.add(at["number"])
        if not at["visible"]:
            wrong.append(f"no visible focus: {at['html']}")
        if not at["inView"]:
            wrong.append(f"focus out of view: {at['html']}")
    if len(reached) < expected:
        wrong.append(f"only {len(reached)} of {expected} reached by Tab")
    return wrong
