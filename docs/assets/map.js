// Maps of numbers: the arrow keys go from cell to cell, and a line says the whole of the one that
// is pointed at or has the focus. All that a map says stands in its table without this.
(() => {
  "use strict";

  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function prepare(map) {
    map.dataset.ready = "";
    const table = map.querySelector("table");
    const said = map.querySelector(".guide-map-said");
    const [columnsAre, names] = [...table.tHead.rows].map((row) => row.cells);
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1));
    let current = rows[0][0];
    current.tabIndex = 0;

    function say(cell) {
      if (!cell) return;
      const [row, column] = [cell.parentElement.cells[0], names[cell.cellIndex]];
      said.textContent =
        `${names[0].textContent} ${row.textContent}, ` +
        `${columnsAre[1].textContent} ${column.textContent}: ${cell.textContent}`;
    }

    function enter(cell) {
      current.tabIndex = -1;
      cell.tabIndex = 0;
      current = cell;
      cell.focus();
    }

    const cellOf = (event) => event.target.closest("tbody td");
    table.addEventListener("pointerover", (event) => say(cellOf(event)));
    table.addEventListener("focusin", (event) => say(cellOf(event)));
    table.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      const cell = cellOf(event);
      if (!move || !cell) return;
      event.preventDefault(); // the page would scroll
      const row = rows.findIndex((cells) => cells.includes(cell));
      const next = rows[row + move[0]]?.[rows[row].indexOf(cell) + move[1]];
      if (next) enter(next);
    });
    table.addEventListener("click", (event) => cellOf(event) && enter(cellOf(event)));
    // What is left is not said any more, unless the focus is still there.
    for (const left of ["pointerleave", "focusout"]) {
      table.addEventListener(left, () => {
        said.textContent = "";
        if (left === "pointerleave") say(table.querySelector("td:focus"));
      });
    }
  }

  const prepareAll = () => document.querySelectorAll(".guide-map:not([data-ready])").forEach(prepare);
  prepareAll(); // this script is deferred, so the page is complete
  window.document$?.subscribe(prepareAll); // Material tells of the pages that the reader goes on to
})();
