// Lists by keyboard, selections, and news. Without this script every act is still there, as forms and links.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  const form = () => document.getElementById("list");
  const rows = () => all("#list .mail:not(.gone)");
  const link = (row) => row && one("a.subject", row);
  const boxes = () => all("#list .mail input[name=mail]");
  const chosen = () => boxes().filter((box) => box.checked);
  const rowOf = (element) => element && element.closest && element.closest("#list .mail");
  let current = null; // the id of the row that keys act on

  function here() {
    return rowOf(document.activeElement) || (current && document.getElementById(current)) || null;
  }

  function focus(row, scroll = true) {
    const target = link(row);
    if (!target) return;
    current = row.id;
    target.focus({ preventScroll: true });
    if (scroll) row.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const lines = rows();
    const row = here();
    if (!lines.length) return;
    const at = lines.indexOf(row);
    if (at >= 0) focus(lines[Math.min(Math.max(at + by, 0), lines.length - 1)]);
    else focus(row ? after(row, by) : lines[by > 0 ? 0 : lines.length - 1]);
  }

  // The nearest line that still belongs to the list, first downwards from a line, then upwards.
  function after(row, by = 1) {
    const lines = all("#list .mail");
    const from = lines.indexOf(row);
    const rest = by > 0 ? [...lines.slice(from + 1), ...lines.slice(0, from).reverse()]
      : [...lines.slice(0, from).reverse(), ...lines.slice(from + 1)];
    return rest.find((line) => !line.classList.contains("gone")) || null;
  }

  // -- selecting ---------------------------------------------------------------------------------------------------

  let last = null;
  function count() {
    const number = chosen().length;
    const label = one("#list [data-count]");
    if (label) label.textContent = number ? label.dataset.text.replace("#", number) : "";
    const every = one("#list [data-all]");
    if (every) {
      every.checked = number > 0 && number === boxes().length;
      every.indeterminate = number > 0 && !every.checked;
    }
    if (form()) form().classList.toggle("selecting", number > 0);
  }

  document.addEventListener("click", (event) => {
    const box = event.target;
    if (box.matches("#list .mail input[name=mail]")) {
      const list = boxes();
      if (event.shiftKey && last && list.includes(last)) {
        const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
        for (const each of list.slice(from, to + 1)) each.checked = box.checked;
      }
      last = box;
      count();
    } else if (box.matches("#list [data-all]")) {
      for (const each of boxes()) each.checked = box.checked;
      count();
    }
  });

  // A label that is cut off is told in full by the mouse's tip; in the page it would be there twice.
  document.addEventListener("mouseover", (event) => {
    const button = event.target.closest && event.target.closest(".picks button");
    if (button && !button.title) button.title = one(".name", button).textContent;
  });

  // -- acting ------------------------------------------------------------------------------------------------------

  // Send what the form has to say, as the button of a row or of the bar would: `values` are the fields of that button.
  function send(values) {
    const box = form();
    if (box && window.htmx) window.htmx.ajax("POST", "/acts", { source: box, swap: "none", values });
  }

  // What a key or a dialog asks for: of the selected mails, or else of the row. What is opened from a row's own
  // button is about that row alone, whatever is selected.
  let only = null;
  function act(kind, detail, field) {
    const seen = only ? [] : chosen().map((box) => box.value);
    if (seen.length) {
      send({ act: kind, mail: seen, ...(field ? { [field]: detail } : {}) });
      return;
    }
    const row = only || here();
    only = null;
    const box = row && one("input[name=mail]", row);
    if (!box) return;
    current = row.id;
    send({ row: (detail ? kind + ":" + detail : kind) + " " + box.value });
  }

  // A key does what the row's own button of that key does; on selected mails, what it does on the first of them.
  function press(key) {
    const row = chosen().length ? rowOf(chosen()[0]) : here();
    const button = row && one(`button[data-key="${key}"]`, row);
    if (!button) return;
    const [kind, detail] = button.value.split(" ")[0].split(":");
    if (chosen().length && detail) return; // labels of one mail are none of the others'
    act(kind, detail);
  }

  function urge() {
    const row = chosen().length ? rowOf(chosen()[0]) : here();
    if (row) act("priority", "urgent" in row.dataset ? "normal" : "urgent", "priority");
  }

  function undo() {
    const toast = one("#toast form:not([hidden])"); // the message may have gone by now, what it says can be undone
    if (toast) toast.requestSubmit();
  }

  // The focus stays in the list: on the next mail after a key, on the same one after a click if it is still there.
  let acted = null;
  let swapped = [];
  document.addEventListener("htmx:beforeRequest", (event) => {
    const sent = event.detail.elt;
    if (sent !== form() && !rowOf(sent)) return;
    const cause = event.detail.requestConfig.triggeringEvent;
    const button = sent === form() ? cause && cause.submitter : sent;
    const row = rowOf(button || document.activeElement) || here();
    acted = { row: row && row.id, key: !button, undo: event.detail.pathInfo.requestPath.endsWith("/undo") };
    swapped = [];
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) acted = null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    count();
    if (!acted) return;
    const row = document.getElementById((acted.undo && swapped[0]) || acted.row) || rows()[0];
    const at = document.activeElement;
    // The bar of the selection goes with the selection, and the button in it that was pressed.
    const lost = !at || at === document.body || at.id === "content" || rowOf(at) || !at.checkVisibility();
    if (row && lost) {
      const troubled = one(".trouble", row);
      const next = troubled || acted.undo || (!acted.key && !row.classList.contains("gone")) ? row : after(row);
      if (next) focus(next, acted.key);
    }
    acted = null;
    if (form() && !rows().length) window.htmx.ajax("GET", location.pathname + location.search, show);
  });

  const show = { target: "#desk", select: "#desk", swap: "outerHTML" };
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "desk" && !event.target.classList.contains("home")) {
      current = last = null;
      focus(rows()[0]);
    }
  });

  // An undo of the message at the top goes through htmx when its mails are in this list.
  document.addEventListener("submit", (event) => {
    const asked = event.target;
    if (!asked.closest("#toast") || !form() || !window.htmx) return;
    event.preventDefault();
    window.htmx.ajax("POST", new URL(asked.action).pathname, {
      source: form(), swap: "none", values: { next: form().elements.next.value },
    });
  });

  // -- dialogs -----------------------------------------------------------------------------------------------------

  function open(name, first) {
    const dialog = document.getElementById(name);
    if (!dialog || dialog.open || one("dialog[open]")) return;
    dialog.showModal();
    if (first) one(first, dialog).focus();
  }

  // What else can be done to the selected mails, or to the row.
  function more(first) {
    const row = only || here();
    if (!row && !chosen().length) return;
    const label = one("#list [data-count]");
    one("#more-title").textContent = chosen().length && !only ? label.textContent : link(row).textContent;
    open("more", first);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button");
    if (!button) return;
    if (button.dataset.open) open(button.dataset.open);
    if ("more" in button.dataset) {
      only = rowOf(button);
      more();
    }
    if (button.dataset.do) {
      button.closest("dialog").close();
      act(button.dataset.do, button.dataset.value, button.dataset.field);
    }
  });
  document.addEventListener("cancel", () => { only = null; }, true);
  document.addEventListener("submit", (event) => { if (event.target.method === "dialog") only = null; });

  // In a dialog of choices, arrows go through them and a letter goes to the next one that begins with it.
  document.addEventListener("keydown", (event) => {
    const options = event.target.closest && event.target.closest("dialog .options");
    if (!options || event.ctrlKey || event.metaKey || event.altKey) return;
    const buttons = all("button", options);
    const at = buttons.indexOf(event.target);
    let next = null;
    if (event.key === "ArrowDown") next = buttons[(at + 1) % buttons.length];
    else if (event.key === "ArrowUp") next = buttons[(at - 1 + buttons.length) % buttons.length];
    else if (event.key.length === 1 && event.key !== " ") {
      const letter = event.key.toLocaleLowerCase();
      next = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)]
        .find((button) => button.textContent.trim().toLocaleLowerCase().startsWith(letter));
    }
    if (next) {
      event.preventDefault();
      next.focus();
    }
  });

  // -- keys --------------------------------------------------------------------------------------------------------

  const keys = {
    j: () => step(1), k: () => step(-1), ArrowDown: () => step(1), ArrowUp: () => step(-1),
    Enter: () => { const target = link(here()); if (target) location.assign(target.href); },
    x: () => { const row = here(); const box = row && one("input[name=mail]", row); if (box) box.click(); },
    t: () => press("t"), e: () => press("e"), u: urge, 1: () => press("1"), 2: () => press("2"), 3: () => press("3"),
    m: () => more("#move button"), l: () => more("#label button"),
    z: undo, "/": () => { const search = document.getElementById("q"); if (search) { search.focus(); search.select(); } },
    "?": () => open("help"),
  };
  let before = "";
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
      || (target.tagName === "INPUT" && target.type !== "checkbox");
    if (!window.facteur.shortcuts() || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (event.defaultPrevented || one("dialog[open]")) return;
    const went = before;
    before = event.key === "g" ? "g" : "";
    if (went === "g" && event.key === "q") { location.assign("/"); return; }
    // A link or a button does by itself what Enter is for, and the arrows scroll until the list has the focus.
    if (event.key === "Enter" && (!rowOf(target) || /^(A|BUTTON)$/.test(target.tagName))) return;
    if (event.key.startsWith("Arrow") && !rowOf(target)) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    // A key that is held, or pressed again before the answer is there, would act on what is just changing.
    const acts = !["j", "k", "ArrowDown", "ArrowUp"].includes(event.key);
    if (acts && (event.repeat || acted)) return;
    keys[event.key]();
  });

  document.addEventListener("focusin", (event) => {
    const row = rowOf(event.target);
    if (row) current = row.id;
  });

  // -- filters -----------------------------------------------------------------------------------------------------

  document.addEventListener("change", (event) => {
    if (event.target.matches("#filters select")) event.target.form.requestSubmit();
  });
  document.addEventListener("formdata", (event) => {
    if (event.target.id !== "filters") return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  // -- news --------------------------------------------------------------------------------------------------------

  const SECONDS = 10;
  const tags = new Map();
  let asking = false;
  async function ask() {
    const box = document.getElementById("news");
    if (!box || document.hidden || asking) return;
    const address = box.dataset.news;
    asking = true;
    try {
      const headers = tags.has(address) ? { "If-None-Match": tags.get(address) } : {};
      const answer = await fetch(address, { headers, credentials: "same-origin", redirect: "error" });
      if (answer.status !== 200) return;
      tags.set(address, answer.headers.get("ETag"));
      tell(box, await answer.text());
    } catch {
      // The next one may come through; the ages on the page go on meanwhile.
    } finally {
      asking = false;
    }
  }

  function tell(box, html) {
    if (!document.contains(box) || !window.htmx) return;
    if ("home" in box.dataset) {
      window.htmx.ajax("GET", "/", show);
      return;
    }
    const old = box.textContent.trim();
    const parsed = new DOMParser().parseFromString(html, "text/html");
    box.replaceChildren(...parsed.body.childNodes);
    window.htmx.process(box);
    const text = box.textContent.trim();
    if (text && text !== old) window.facteur.say(text);
    freshen();
  }

  // What colleagues did to the mails on this page shows in place; a selected one stays selected.
  function freshen() {
    const mail = boxes().map((box) => box.value);
    if (!mail.length || acted || one("dialog[open]")) return;
    window.htmx.ajax("GET", "/rows", { source: "#news", swap: "none", values: { mail, list: form().elements.next.value } });
  }
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    swapped.push(event.detail.target.id);
    const old = one("input[name=mail]", event.detail.target);
    if (!old || !old.checked || acted) return;
    const box = event.detail.fragment.querySelector("input[name=mail]");
    if (box) box.setAttribute("checked", "");
  });

  setInterval(ask, SECONDS * 1000);
  document.addEventListener("visibilitychange", ask);
  count();
})();
