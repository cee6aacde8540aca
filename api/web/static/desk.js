// Cards of the board are dragged to their next column: that sends the very form that the card's button sends.
"use strict";

function makeBoard() {
  const board = document.querySelector("#board");
  if (!board || !window.Sortable) return;
  board.classList.add("can-drag");
  for (const list of board.querySelectorAll("[data-stage]")) {
    Sortable.create(list, {
      group: "board", sort: false, draggable: ".card", filter: "button, input, summary, textarea", preventOnFilter: false,
      delay: 150, delayOnTouchOnly: true, onEnd: dropped,
    });
  }
}

function dropped(event) {
  if (event.from === event.to) return;
  const card = event.item, to = event.to.dataset.stage, form = card.querySelector("form[data-step]");
  const back = () => event.from.insertBefore(card, event.from.children[event.oldDraggableIndex] ?? null);
  if (card.dataset.reason.split(" ").includes(to)) { // it needs a reason: the same form, where one can be written
    back();
    const page = card.dataset.page;
    window.location.assign(`${page}${page.includes("?") ? "&" : "?"}to=${to}`);
    return;
  }
  const before = form.elements.to.value;
  form.elements.to.value = to;
  form.addEventListener("htmx:afterRequest", (told) => {
    if (told.detail.successful) return;
    form.elements.to.value = before;
    back();
  }, { once: true });
  form.requestSubmit();
}

document.addEventListener("DOMContentLoaded", makeBoard);
document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.elt.id === "board") makeBoard(); });
