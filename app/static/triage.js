// Triage by keys: 1 to 3 give a label, s skips, z undoes. Off for who switched keys off, and while one writes.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat || !window.facteur || !facteur.shortcuts()) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const key = event.key.toLowerCase();
  const wanted = key === "z"
    ? document.querySelector("#toast form:not([hidden]) button") // the message may be gone
    : /^[1-3s]$/.test(key) && document.querySelector(`#triage [data-key="${key}"]:not(:disabled)`);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
});
document.addEventListener("htmx:afterSettle", (event) => {
  const subject = document.getElementById("subject");
  if (event.target.id === "triage" && subject) subject.focus({ preventScroll: true });
});
