// A mail by keyboard, and presence only while somebody looks. Without this script all of it is there as links and forms.
"use strict";
(() => {
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const typing = target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
    if (!window.facteur.shortcuts() || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "z") {
      const form = document.querySelector("#toast form:not([hidden])"); // the message may be gone
      if (form) form.requestSubmit();
      return;
    }
    const found = event.key.length === 1 && document.querySelector(`main [data-key="${CSS.escape(event.key)}"]`);
    if (!found) return;
    event.preventDefault();
    found.focus();
    if (found.tagName !== "SELECT") found.click();
  });

  // The words behind the decision are marked in the letter too, as they are in the panel.
  function markWords(panel) {
    const kinds = new Map();
    for (const mark of panel.querySelectorAll(".words mark")) {
      if (!kinds.has(mark.textContent.toLowerCase())) kinds.set(mark.textContent.toLowerCase(), mark.className);
    }
    for (const old of document.querySelectorAll(".letter mark")) old.replaceWith(old.textContent);
    const roots = document.querySelectorAll("#subject, .message > .text, .folded[open] > .text");
    for (const root of kinds.size ? roots : []) {
      root.normalize();
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode);
      for (const text of texts) {
        const pieces = text.data.split(/([\p{L}\p{N}]+)/u);
        if (!pieces.some((piece) => kinds.has(piece.toLowerCase()))) continue;
        text.replaceWith(...pieces.map((piece) => {
          const kind = kinds.get(piece.toLowerCase());
          if (!kind) return piece;
          const mark = document.createElement("mark");
          mark.className = kind;
          mark.textContent = piece;
          return mark;
        }));
      }
    }
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target.id === "explanation" && event.target.querySelector("form")) markWords(event.target);
  });

  // A page in the background looks at nothing: it says so by silence.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.target.closest("#presence")) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const opens = event.target.closest("[data-open]");
    if (opens) document.getElementById(opens.dataset.open).showModal();
    if (event.target.closest("[data-reload]")) {
      event.preventDefault();
      location.reload();
    }
  });
})();
