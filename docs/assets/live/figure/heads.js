// All heads of a layer: a small map of each, which shows it large, and under it the switch of the head.
"use strict";

const liveHeads = (() => {
  const { h, panel, segments, onOff } = liveParts;
  const COLUMNS = 4;
  /** @type {Record<string, number>} */
  const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

  /** @param {Figure} figure @returns {Panel} */
  function make(figure) {
    const { n_layer, n_head } = figure.engine.config;
    const layers = segments("Layer", Array.from({ length: n_layer }, (_, layer) => String(layer)), (layer) => figure.look({ layer }));
    const hasSwitches = figure.has("off");
    const tiles = Array.from({ length: n_head }, (_, head) => {
      const canvas = h("canvas");
      const map = h("button", { type: "button", class: "guide-live-map", click: () => figure.look({ head }) }, canvas);
      map.addEventListener("focus", () => figure.look({ head }));
      const name = h("span", { class: "guide-live-name" }, h("span", {}, "Head "), String(head));
      const { button, mark } = onOff(`Head ${head}`, () => figure.flip(head));
      const foot = h("div", { class: "guide-live-foot" }, name, ...(hasSwitches ? [button] : []));
      return { canvas, map, button, mark, element: h("div", { class: "guide-live-tile" }, map, foot) };
    });
    const grid = h("div", { class: "guide-live-grid", role: "group", "aria-label": "Heads", keydown: move }, ...tiles.map(({ element }) => element));
    const choice = h("div", { class: "guide-live-choice" }, h("span", { "aria-hidden": "true" }, "Layer"), layers.element);
    const isLarge = figure.has("large");
    const ask = `Choose a head to see ${isLarge ? "it large" : "where it looks"}.`;
    const told = h("p", { class: "guide-live-value", hidden: isLarge });
    const hint = h("p", { class: "guide-live-hint" }, hasSwitches ? `${ask} Its switch takes it out of the model.` : ask);

    /** @param {KeyboardEvent} event */
    function move(event) {
      const step = MOVES[event.key];
      const from = tiles.findIndex(({ map }) => map === event.target);
      if (step === undefined || from < 0) return;
      event.preventDefault(); // the page would scroll
      tiles[from + step]?.map.focus();
    }

    return {
      element: panel("heads", "Where the heads look", choice, grid, told, hint),
      draw({ state, layer, head, tokens, answer }, what) {
        layers.mark(layer);
        if (answer && !isLarge) told.textContent = `Head ${head}: ${liveWords.ofHead(tokens, answer.attentions[layer], head)}.`;
        tiles.forEach(({ map, button, mark, element, canvas }, own) => {
          const isOff = Boolean(state.off?.some((one) => one.layer === layer && one.head === own));
          mark(!isOff);
          element.classList.toggle("guide-live-is-off", isOff);
          map.setAttribute("aria-pressed", String(own === head));
          map.tabIndex = button.tabIndex = own === head ? 0 : -1;
          if (!answer || what === "head") return;
          const { attentions, seqLen } = answer;
          map.setAttribute("aria-label", `Head ${own}: ${liveWords.ofHead(tokens, attentions[layer], own)}`);
          paint(canvas, attentions[layer], own * seqLen * seqLen, seqLen, figure.ink);
        });
      },
    };
  }

  /** A dot for each number, the darker the larger. @param {HTMLCanvasElement} canvas @param {Float64Array} values @param {number} from @param {number} size @param {number[]} ink */
  function paint(canvas, values, from, size, [red, green, blue]) {
    if (canvas.width !== size) canvas.width = canvas.height = size;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = context.createImageData(size, size);
    for (let i = 0; i < size * size; i++) {
      image.data[4 * i] = red;
      image.data[4 * i + 1] = green;
      image.data[4 * i + 2] = blue;
      image.data[4 * i + 3] = Math.round(255 * values[from + i]);
    }
    context.putImageData(image, 0, 0);
  }

  return { make, paint };
})();
