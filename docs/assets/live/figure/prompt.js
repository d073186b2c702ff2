// The prompt of the live figure: a field that stands on the page already, sentences to choose, and the
// tokens that the text is split into.
"use strict";

const livePrompt = (() => {
  const { h, fillChip, tell } = liveParts;
  const SUGGESTED = 5;

  /** @param {Figure} figure @returns {Panel} */
  function make(figure) {
    const { engine } = figure;
    const field = /** @type {HTMLInputElement} */ (figure.box.querySelector(".guide-live-prompt input"));
    const place = /** @type {HTMLElement} */ (figure.box.querySelector(".guide-live-suggestions"));
    const usual = [...place.querySelectorAll("button")].map((button) => button.textContent ?? "");
    const known = sentences(engine);
    const chips = h("span", { class: "guide-live-chips" });
    const count = h("span", { class: "guide-live-count" });
    const row = h("p", { class: "guide-live-tokens" }, h("b", {}, "Tokens"), chips, count);
    place.after(row);
    let shown = usual.join("\n");

    field.addEventListener("input", () => figure.change({ prompt: field.value }, "prompt"));
    place.addEventListener("click", (event) => {
      const button = /** @type {Element} */ (event.target).closest("button");
      if (button) figure.change({ prompt: button.textContent ?? "" });
    });

    /** What goes on as the reader has begun, else what the page suggests. @param {string} begun */
    function suggest(begun) {
      const words = begun.trim().toLowerCase();
      const going = words && !usual.includes(begun) ? known.filter(({ lower, text }) => lower.startsWith(words) && text !== begun) : [];
      const texts = going.length ? going.slice(0, SUGGESTED).map(({ text }) => text) : usual;
      if (texts.join("\n") === shown) return;
      // The one that has the focus stays what it is.
      if (place.contains(document.activeElement)) return;
      shown = texts.join("\n");
      place.replaceChildren(...texts.map((text) => h("button", { type: "button" }, text)));
    }

    return {
      element: null,
      draw({ state, tokens, problem }) {
        if (field.value !== state.prompt) field.value = state.prompt;
        field.setAttribute("aria-invalid", String(Boolean(problem)));
        suggest(state.prompt);
        while (chips.childElementCount > tokens.length) chips.lastElementChild?.remove();
        tokens.forEach(({ text, known: isKnown }, number) => {
          const own = chips.children[number] ?? chips.appendChild(h("span", { class: "guide-live-token" }));
          const chip = /** @type {HTMLElement} */ (own);
          fillChip(chip, text);
          chip.classList.toggle("guide-live-unknown", !isKnown);
        });
        tell(count, String(tokens.length));
      },
    };
  }

  /** All that the model has read of landmarks, up to the city. @param {Figure["engine"]} engine */
  function sentences({ landmarks, phrasings }) {
    return phrasings.flatMap((phrasing) =>
      landmarks.map(([name]) => {
        const inside = name.replace(/^The /, "the ");
        const text = phrasing.replace("{Landmark}", name).replace("{landmark}", inside).replace(/ ?\{city\}.*/, "");
        return { text, lower: text.toLowerCase() };
      }),
    );
  }

  return { make };
})();
