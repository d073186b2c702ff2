// One head, large: a row for each token that looks, a column for each that is looked at. The number under
// the pointer, or where the arrow keys have gone, is said in the line below.
"use strict";

const liveLarge = (() => {
  const { h, panel, quoted, short, tell } = liveParts;
  const MARGIN = 0.16; // of the side, for the names of tokens
  const ROOM = 0.9; // of a cell, for a name
  const SMALLEST = 7; // a name smaller than this many pixels cannot be read
  /** @type {Record<string, [number, number]>} */
  const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  /** @param {Figure} figure @returns {Panel} */
  function make(figure) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const box = h("div", { class: "guide-live-canvas", tabindex: "0", role: "application", "aria-roledescription": "map" }, canvas);
    const said = h("p", { class: "guide-live-value" });
    const name = h("span", { class: "guide-live-name" });
    const axes = h("p", { class: "guide-live-hint" }, "A row for each token that looks, a column for each that is looked at.");
    const element = panel("large", "One head", box, said, axes);
    element.querySelector(".guide-live-title")?.replaceChildren(name);
    /** @type {[number, number] | null} a row and a column */
    let place = null;
    /** @type {View | undefined} */
    let view;
    // Asked once for each size: a style or a width that is asked for in a drawing has all of the page laid out.
    let [width, fontSize, fontFamily] = [0, 0, ""];
    new ResizeObserver(() => {
      const style = getComputedStyle(box);
      [width, fontSize, fontFamily] = [box.clientWidth, parseFloat(style.fontSize), style.fontFamily];
      if (view) paint();
    }).observe(box);

    /** @param {[number, number] | null} cell */
    function point(cell) {
      if (String(cell) === String(place)) return;
      place = cell;
      paint();
    }
    box.addEventListener("pointermove", (event) => {
      const [x, y] = [event.clientX, event.clientY].map((at, i) => {
        const { left, top, width } = canvas.getBoundingClientRect();
        return (at - [left, top][i] - (i === 0 ? MARGIN * width : 0)) / (width * (1 - MARGIN));
      });
      const size = view?.answer?.seqLen ?? 0;
      const [row, column] = [Math.floor(y * size), Math.floor(x * size)];
      point(row >= 0 && column >= 0 && row < size && column < size ? [row, column] : null);
    });
    box.addEventListener("pointerleave", () => point(null));
    box.addEventListener("blur", () => point(null));
    box.addEventListener("keydown", (event) => {
      const [size, step] = [view?.answer?.seqLen ?? 0, MOVES[event.key]];
      if (!step || size === 0) return;
      event.preventDefault(); // the page would scroll
      const [row, column] = place ? [place[0] + step[0], place[1] + step[1]] : [size - 1, size - 1];
      if (row < 0 || column < 0 || row >= size || column >= size) return;
      point([row, column]);
      figure.say(said.textContent ?? "");
    });

    function paint() {
      if (!view?.answer || figure.isStale()) return;
      const side = Math.round(width * devicePixelRatio);
      if (side > 0) paintMap(side, view, view.answer); // else it is not shown
      tell(said, line());
    }

    /** @param {number} side @param {View} view @param {Answer} answer */
    function paintMap(side, { tokens, layer, head }, answer) {
      const size = answer.seqLen;
      if (canvas.width !== side) canvas.width = canvas.height = side;
      const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
      const [left, cell] = [Math.round(side * MARGIN), (side * (1 - MARGIN)) / size];
      const colour = (/** @type {number[]} */ rgb, alpha = 1) => `rgb(${rgb.join(" ")} / ${alpha})`;
      context.clearRect(0, 0, side, side);
      const values = answer.attentions[layer];
      const edge = (/** @type {number} */ i) => Math.round(i * cell);
      context.fillStyle = colour(figure.ink);
      for (let row = 0; row < size; row++)
        for (let column = 0; column <= row; column++) {
          const value = values[(head * answer.room + row) * answer.room + column];
          if (value < 0.002) continue; // less than a step of colour
          context.globalAlpha = value;
          context.fillRect(left + edge(column), edge(row), edge(column + 1) - edge(column), edge(row + 1) - edge(row));
        }
      context.globalAlpha = 1;
      context.lineWidth = Math.max(1, Math.round(devicePixelRatio));
      context.strokeStyle = colour(figure.quiet, 0.6);
      context.strokeRect(left + context.lineWidth / 2, context.lineWidth / 2, edge(size) - context.lineWidth, edge(size) - context.lineWidth);
      if (place && place[0] < size && place[1] < size) {
        const [row, column] = place;
        context.lineWidth = Math.max(2, Math.round(2 * devicePixelRatio));
        context.strokeStyle = colour(figure.text);
        context.strokeRect(left + edge(column), edge(row), cell, cell);
      }
      const letters = Math.min(cell * ROOM, 0.62 * fontSize * devicePixelRatio * 1.15);
      if (letters >= SMALLEST * devicePixelRatio) {
        context.font = `${letters}px ${fontFamily}`;
        context.textBaseline = "middle";
        context.textAlign = "right";
        const names = tokens.map(({ text }) => short(text));
        const [quiet, named, room] = [colour(figure.quiet), colour(figure.text), left - letters * 0.5];
        const write = (/** @type {0 | 1} */ way, /** @type {number} */ x, /** @type {number} */ y) =>
          names.forEach((name, i) => {
            context.fillStyle = place?.[way] === i ? named : quiet;
            context.fillText(name, x, y + (i + 0.5) * cell, room);
          });
        write(0, room, 0);
        context.rotate(-Math.PI / 2); // upwards, and each column is a row
        write(1, -edge(size) - letters * 0.5, left);
        context.rotate(Math.PI / 2);
      }
    }

    function line() {
      if (!view?.answer) return "";
      const { tokens, answer, layer, head } = view;
      if (!place || place[0] >= tokens.length || place[1] >= tokens.length) return `${liveWords.ofHead(tokens, answer, layer, head)}.`;
      const [row, column] = place;
      const [looks, at] = [quoted(tokens[row].text), quoted(tokens[column].text)];
      if (column > row) return `${looks} cannot look at ${at}, which comes later.`;
      return `${looks} looks at ${at}: ${answer.attentions[layer][(head * answer.room + row) * answer.room + column].toFixed(2)}.`;
    }

    return {
      element,
      isFirst: true,
      draw(now) {
        view = now;
        paint();
        const isOff = Boolean(now.state.off?.some((one) => one.layer === now.layer && one.head === now.head));
        tell(name, `Layer ${now.layer}, head ${now.head}${isOff ? " (off)" : ""}`);
        box.setAttribute("aria-label", `Layer ${now.layer}, head ${now.head}; the arrow keys go from number to number`);
      },
    };
  }

  return { make };
})();
