// What htmx and plain forms cannot: small things, each of which the pages can do without.
"use strict";

// A form with data-auto is sent when a choice in it changes.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form) form.requestSubmit();
});

// A button with data-print prints; one with data-copy copies the text of what it names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-print], [data-copy]");
  if (!button) return;
  if (button.dataset.print !== undefined) {
    window.print();
    return;
  }
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  button.textContent = button.dataset.done;
});

// While an answer is coming its place says so, to whoever listens too.
document.addEventListener("htmx:beforeRequest", (event) => event.detail.target.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => event.detail.target.removeAttribute("aria-busy"));
