// What the model answers: the most probable next tokens, and what each layer would say if it were the
// last. Where something is changed, the answer without the change stands beside it.
"use strict";

const liveAnswers = (() => {
  const { h, panel, fillChip, percent, tell, stretch } = liveParts;
  const ROWS = 7; // five, and two that were first before

  /** A table whose rows are kept, so that a keystroke only changes texts. @param {number} count @param {string} first @param {string} caption */
  function table(count, first, caption) {
    const rows = Array.from({ length: count }, () => {
      const name = h("th", { scope: "row" });
      const cells = [0, 1].map(() => {
        const [chip, bar, number] = [h("span", { class: "guide-live-token" }), h("i", { class: "guide-live-bar", "aria-hidden": "true" }), h("span")];
        const line = h("span", { class: "guide-live-share" }, bar, number);
        return { chip, bar, number, element: h("td", {}, h("span", { class: "guide-live-guess" }, chip, line)) };
      });
      return { name, cells, element: h("tr", {}, name, ...cells.map(({ element }) => element)) };
    });
    const heads = [first, "as it is", "changed"].map((text) => h("th", { scope: "col" }, text));
    const element = h("table", { class: "guide-live-table", "data-search-exclude": true });
    element.append(h("caption", {}, caption), h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows.map((row) => row.element)));
    return { element, rows };
  }

  /** @param {Figure} figure @returns {Panel} */
  function next(figure) {
    const { element, rows } = table(ROWS, "token", "The most probable next tokens");
    const sentence = h("p", { class: "guide-live-sentence" });
    const chips = rows.map(({ name }) => name.appendChild(h("span", { class: "guide-live-token" })));
    return {
      element: panel("next", "What comes next", sentence, element),
      draw({ asItIs, changed, sentence: words }) {
        if (!asItIs) return;
        tell(sentence, words);
        element.classList.toggle("guide-live-compared", Boolean(changed));
        const shown = changed ? [...changed.top, ...asItIs.top.slice(0, ROWS - changed.top.length)] : asItIs.top;
        const guesses = shown.filter(({ id }, at) => shown.findIndex((one) => one.id === id) === at);
        rows.forEach((row, at) => {
          const guess = guesses[at];
          row.element.hidden = !guess;
          if (!guess) return;
          fillChip(chips[at], guess.text);
          [asItIs, changed].forEach((answer, column) => {
            const { bar, number, chip, element: cell } = row.cells[column];
            chip.hidden = true;
            cell.hidden = !answer;
            if (!answer) return;
            const p = figure.engine.probability(answer, guess.id);
            stretch(bar, p);
            tell(number, percent(p));
          });
        });
      },
    };
  }

  /** @param {Figure} figure @returns {Panel} */
  function lens(figure) {
    const { element, rows } = table(figure.engine.config.n_layer, "after layer", "The next token, if a layer were the last");
    rows.forEach(({ name }, layer) => (name.textContent = String(layer)));
    return {
      element: panel("lens", "If it stopped early (the logit lens)", element),
      draw({ asItIs, changed }) {
        if (!asItIs) return;
        element.classList.toggle("guide-live-compared", Boolean(changed));
        rows.forEach((row, layer) =>
          [asItIs, changed].forEach((answer, column) => {
            const { chip, bar, number, element: cell } = row.cells[column];
            cell.hidden = !answer;
            if (!answer) return;
            const [guess] = answer.lens[layer];
            fillChip(chip, guess.text);
            stretch(bar, guess.p);
            tell(number, percent(guess.p));
          }),
        );
      },
    };
  }

  return { next, lens };
})();
