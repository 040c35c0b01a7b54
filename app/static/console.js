// What the console's pages do beside htmx: ages that go on, messages with Undo, focus that is never lost.
"use strict";
(() => {
  const units = (document.documentElement.dataset.units || "#|#|#|#").split("|");
  const sizes = [1, 60, 3600, 86400];

  function refreshAges(root) {
    const now = Date.now() / 1000;
    for (const time of root.querySelectorAll("time[data-age]")) {
      const seconds = Math.max(0, Math.floor(now - Date.parse(time.dateTime) / 1000));
      let unit = 3;
      while (unit && seconds < sizes[unit]) unit--;
      const text = units[unit].replace("#", Math.floor(seconds / sizes[unit]));
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // Say something to those who listen rather than look; the same words twice are said twice.
  function say(text) {
    const live = document.getElementById("live");
    if (!live) return;
    live.textContent = "";
    setTimeout(() => { live.textContent = text; }, 50);
  }

  // A message stays long enough to be read and undone; it waits while the pointer or the focus is on it.
  let fading = 0;
  function fade(box) {
    clearTimeout(fading);
    fading = setTimeout(() => {
      if (box.matches(":hover, :focus-within")) fade(box);
      else box.hidden = true;
    }, 20000);
  }

  function toast(said) {
    const box = document.getElementById("toast");
    if (!box) return;
    box.className = "toast " + (said.kind === "bad" ? "bad" : "good");
    box.hidden = false;
    box.querySelector("p").textContent = said.text;
    const form = box.querySelector("form");
    if (form) {
      form.hidden = !said.undo;
      form.action = said.undo ? "/acts/" + encodeURIComponent(said.undo) + "/undo" : "";
      form.elements.next.value = location.pathname + location.search;
    }
    fade(box);
  }

  // An element that htmx replaced takes the focus with it: give it to its successor, or to the nearest that is left.
  let focused = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const element = document.activeElement;
    focused = element && element !== document.body
      ? { id: element.id, row: element.closest("[data-row]")?.id, name: element.getAttribute("name") }
      : null;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    refreshAges(event.target);
    if (!focused || (document.activeElement && document.activeElement !== document.body)) return;
    const row = focused.row && document.getElementById(focused.row);
    const next = (focused.id && document.getElementById(focused.id))
      || (row && focused.name && row.querySelector(`[name="${CSS.escape(focused.name)}"]`))
      || (row && row.querySelector("a, button, input"))
      || document.getElementById("content");
    if (next) next.focus({ preventScroll: true });
    focused = null;
  });

  document.addEventListener("facteur:flash", (event) => toast(event.detail));
  document.addEventListener("htmx:sendError", () => {
    const text = document.body.dataset.offline;
    if (text) toast({ text, kind: "bad" });
  });

  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("toast");
    if (event.key !== "Escape" || !box || box.hidden) return;
    const inside = box.contains(document.activeElement);
    box.hidden = true;
    if (inside) document.getElementById("content").focus();
  });

  const shown = document.getElementById("toast");
  if (shown && !shown.hidden) fade(shown);
  window.facteur = { say, toast, shortcuts: () => "shortcuts" in document.body.dataset };
  refreshAges(document);
  setInterval(() => refreshAges(document), 30000);
})();
