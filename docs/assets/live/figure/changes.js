// What a reader changes in the model: heads that are off, a state from another prompt, a push from one
// city to another.
"use strict";

const liveChanges = (() => {
  const { h, panel, menu, fillMenu, onOff, segments, visible, quoted, percent, tell } = liveParts;
  const SECOND = { prompt: "The Burj Khalifa is in the city of", layer: 2, position: -1 };
  const PUSH = { from: "Paris", to: "Rome", layer: 2, strength: 1 };
  const STRONGEST = 4;
  const INSTEAD = [
    { value: /** @type {const} */ ("zero"), name: "zeros", means: "Zeros take away all that a head says, also what it says to every prompt, and that the layers after it count on." },
    { value: /** @type {const} */ ("mean"), name: "its mean", means: "Its mean over other prompts leaves what it always says, and takes away only what it says of this one." },
  ];

  /** @param {Figure} figure @returns {[string, string][]} */
  const layersOf = (figure) => Array.from({ length: figure.engine.config.n_layer }, (_, layer) => [String(layer), String(layer)]);

  /** @param {Figure} figure @returns {Panel} */
  function off(figure) {
    const list = h("p", { class: "guide-live-off-list" });
    const instead = segments("In the place of a head that is off", INSTEAD.map(({ name }) => name), (number) =>
      figure.change({ instead: INSTEAD[number].value }),
    );
    const means = h("p", { class: "guide-live-hint" });
    const whole = h("button", { type: "button", click: () => figure.flipLayer() });
    let shown = "";
    list.addEventListener("click", (event) => {
      const { layer, head } = /** @type {HTMLElement} */ (event.target).dataset;
      if (layer !== undefined) figure.flip(Number(head), Number(layer));
    });
    return {
      element: panel("off", "Heads off", list, whole, h("div", { class: "guide-live-choice" }, h("span", { "aria-hidden": "true" }, "In its place"), instead.element), means),
      draw({ state, layer }) {
        const heads = state.off ?? [];
        const number = INSTEAD.findIndex(({ value }) => value === (state.instead ?? "zero"));
        instead.mark(number);
        tell(means, INSTEAD[number].means);
        const isWhole = heads.filter((one) => one.layer === layer).length === figure.engine.config.n_head;
        tell(whole, `Layer ${layer}: all ${isWhole ? "on" : "off"}`);
        if (shown === JSON.stringify(heads)) return;
        shown = JSON.stringify(heads);
        const buttons = heads.map((one) =>
          h("button", { type: "button", "data-layer": String(one.layer), "data-head": String(one.head), "aria-label": `Layer ${one.layer}, head ${one.head}: switch it on again` }, `${one.layer}.${one.head}\u2009×`),
        );
        list.replaceChildren(h("span", {}, buttons.length ? "Off, as layer.head:" : "None is off. Each head has a switch."), ...buttons);
      },
    };
  }

  /** A panel that is folded while it is off. @param {Figure} figure @param {string} name @param {string} title @param {string} hint @param {() => Partial<State>} flipped @param {Node[]} fields */
  function switched(figure, name, title, hint, flipped, ...fields) {
    const { button, mark } = onOff(title, () => figure.change(flipped()));
    const body = h("div", { class: "guide-live-fields" }, ...fields);
    const element = panel(name, title, h("p", { class: "guide-live-hint" }, hint), body);
    element.querySelector(".guide-live-title")?.append(button);
    const show = (/** @type {boolean} */ on) => {
      mark(on);
      body.hidden = !on;
    };
    return { element, show };
  }

  /** @param {Figure} figure @returns {Panel} */
  function patch(figure) {
    const change = (/** @type {Partial<NonNullable<State["patch"]>>} */ part, kind = "") =>
      figure.change({ patch: { ...SECOND, ...figure.chosen.state.patch, ...part } }, kind);
    const prompt = h("input", { type: "text", autocomplete: "off", spellcheck: "false", input: (event) => change({ prompt: event.target.value }, "second") });
    const layer = menu("After layer", (event) => change({ layer: Number(event.target.value) }));
    const position = menu("At position", (event) => change({ position: Number(event.target.value) }));
    const told = h("p", { class: "guide-live-told" });
    fillMenu(layer.select, layersOf(figure));
    const first = h("label", { class: "guide-live-field" }, h("span", {}, "Second prompt"), prompt);
    const pair = h("div", { class: "guide-live-pair" }, layer.element, position.element);
    const { element, show } = switched(
      ...[figure, "patch", "Patch", "Put a state of another run into this one."],
      () => ({ patch: figure.chosen.state.patch ? undefined : SECOND }),
      ...[first, pair, told],
    );
    return {
      element,
      draw({ state: { patch: chosen }, tokens, asItIs, changed }) {
        show(Boolean(chosen));
        if (!chosen) return;
        if (prompt.value !== chosen.prompt) prompt.value = chosen.prompt;
        layer.select.value = String(chosen.layer);
        const others = figure.engine.problem({ prompt: chosen.prompt }) ? [] : figure.engine.tokens(chosen.prompt);
        const places = Math.max(Math.min(tokens.length, others.length), chosen.position + 1);
        const name = (/** @type {Token | undefined} */ token) => (token ? visible(token.text.trim()) || "␣" : "–");
        fillMenu(position.select, [
          ["-1", "the last of each"],
          ...Array.from({ length: places }, (_, at) => /** @type {[string, string]} */ ([String(at), `${at}: ${name(tokens[at])} ← ${name(others[at])}`])),
        ]);
        position.select.value = String(chosen.position);
        if (!changed || !asItIs) return void (told.textContent = "");
        const [own, usual] = [figure.engine.firstGuess(chosen.prompt), asItIs.top[0]];
        const share = (/** @type {Guess} */ { id, text }) => {
          const [before, after] = [asItIs, changed].map((answer) => percent(figure.engine.probability(answer, id)));
          return `${quoted(text)} goes from ${before} to ${after}`;
        };
        told.textContent =
          own.id === usual.id
            ? `Alone, the second prompt answers the same, ${quoted(own.text)}. ${share(own)}.`
            : `Alone, the second prompt answers ${quoted(own.text)}. ${share(own)}, ${share(usual)}.`;
      },
    };
  }

  /** @param {Figure} figure @returns {Panel} */
  function steer(figure) {
    const change = (/** @type {Partial<NonNullable<State["steer"]>>} */ part, kind = "") =>
      figure.change({ steer: { ...PUSH, ...figure.chosen.state.steer, ...part } }, kind);
    const from = menu("From", (event) => change({ from: event.target.value }));
    const to = menu("To", (event) => change({ to: event.target.value }));
    const layer = menu("After layer", (event) => change({ layer: Number(event.target.value) }));
    const strength = h("input", { type: "range", min: String(-STRONGEST), max: String(STRONGEST), step: "0.25", input: (event) => change({ strength: Number(event.target.value) }, "strength") });
    const number = h("b");
    for (const { select } of [from, to]) fillMenu(select, figure.engine.cities.map((city) => [city, city]));
    fillMenu(layer.select, layersOf(figure));
    const push = h("label", { class: "guide-live-field" }, h("span", {}, "Strength ", number), strength);
    const { element, show } = switched(
      ...[figure, "steer", "Steer", "Push the last state from one city towards another."],
      () => ({ steer: figure.chosen.state.steer ? undefined : PUSH }),
      ...[h("div", { class: "guide-live-pair" }, from.element, to.element), h("div", { class: "guide-live-pair" }, layer.element, push)],
    );
    return {
      element,
      draw({ state: { steer: chosen } }) {
        show(Boolean(chosen));
        if (!chosen) return;
        from.select.value = chosen.from;
        to.select.value = chosen.to;
        layer.select.value = String(chosen.layer);
        strength.value = String(chosen.strength);
        number.textContent = String(chosen.strength);
      },
    };
  }

  return { off, patch, steer };
})();
