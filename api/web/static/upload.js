// A form with data-busy says so while its answer is coming, and is sent once.
"use strict";

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-busy]");
  if (!form) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "true";
  form.querySelector("button").setAttribute("aria-busy", "true");
  form.querySelector("[role=status]").textContent = form.dataset.busy;
});

// Back in the browser's history the form can be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("button").removeAttribute("aria-busy");
    form.querySelector("[role=status]").textContent = "";
  }
});
