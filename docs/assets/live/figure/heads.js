// All heads of a layer: a small map of each, which shows it large, and under it the switch of the head.
"use strict";

const liveHeads = (() => {
  const { h, panel, segments, onOff, tell } = liveParts;
  const COLUMNS = 4;
  const ENOUGH = "16"; // tokens, for most prompts
  /** @type {Record<string, number>} */
  const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

  /** @param {Figure} figure @returns {Panel} */
  function make(figure) {
    const { n_layer, n_head } = figure.engine.config;
    const layers = segments("Layer", Array.from({ length: n_layer }, (_, layer) => String(layer)), (layer) => figure.look({ layer }));
    const hasSwitches = figure.has("off");
    const tiles = Array.from({ length: n_head }, (_, head) => {
      const canvas = h("canvas", { width: ENOUGH, height: ENOUGH });
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
        if (answer && !isLarge) tell(told, `Head ${head}: ${liveWords.ofHead(tokens, answer, layer, head)}.`);
        tiles.forEach(({ map, button, mark, element, canvas }, own) => {
          const isOff = Boolean(state.off?.some((one) => one.layer === layer && one.head === own));
          mark(!isOff);
          element.classList.toggle("guide-live-is-off", isOff);
          map.setAttribute("aria-pressed", String(own === head));
          map.tabIndex = button.tabIndex = own === head ? 0 : -1;
          if (!answer || what === "head") return;
          map.setAttribute("aria-label", `Head ${own}: ${liveWords.ofHead(tokens, answer, layer, own)}`);
          paint(canvas, answer, layer, own, figure.ink);
        });
      },
    };
  }

  /**
   * A dot for each number, the darker the larger. A canvas that gets another size costs more than all that is
   * drawn on it; so it only ever grows, and what is drawn is stretched over the map.
   *
   * @param {HTMLCanvasElement} canvas @param {Answer} answer @param {number} layer @param {number} head @param {number[]} ink
   */
  function paint(canvas, { attentions, room, seqLen }, layer, head, [red, green, blue]) {
    if (canvas.width < seqLen) canvas.width = canvas.height = 2 ** Math.ceil(Math.log2(seqLen));
    canvas.style.scale = String(canvas.width / seqLen);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = context.createImageData(seqLen, seqLen);
    const [{ data }, values] = [image, attentions[layer]];
    for (let query = 0, dot = 0; query < seqLen; query++)
      for (let key = 0; key < seqLen; key++, dot += 4) {
        data[dot] = red;
        data[dot + 1] = green;
        data[dot + 2] = blue;
        data[dot + 3] = Math.round(255 * values[(head * room + query) * room + key]);
      }
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.putImageData(image, 0, 0);
  }

  return { make };
})();
