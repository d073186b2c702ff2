// All that a reader has chosen, as the query of an address: `?prompt=…&off=2.3,2.5`. Whoever opens the
// link sees the same.
"use strict";

/**
 * @typedef {object} Chosen
 * @property {State} state
 * @property {number} layer whose heads are shown
 * @property {number} head the one that is shown large
 */

const liveLink = (() => {
  /** Whether an address asks for a state. @param {string} query */
  const asks = (query) => new URLSearchParams(query).has("prompt");

  /** @param {Chosen} chosen */
  function queryOf({ state: { prompt, off, instead, patch, steer }, layer, head }) {
    const found = new URLSearchParams({ prompt, layer: String(layer), head: String(head) });
    const set = (/** @type {Record<string, string | number>} */ values) =>
      Object.entries(values).forEach(([name, value]) => found.set(name, String(value)));
    if (off?.length) set({ off: off.map((one) => `${one.layer}.${one.head}`).join(",") });
    if (instead === "mean") set({ instead });
    if (patch) set({ patch: patch.prompt, "patch-layer": patch.layer, "patch-position": patch.position });
    if (steer) set({ from: steer.from, to: steer.to, "steer-layer": steer.layer, strength: steer.strength });
    return found.toString().replace(/%2C/g, ",");
  }

  /**
   * What a query asks for, whether or not that exists: `problem` says so.
   *
   * @param {string} query @returns {Chosen}
   */
  function chosenBy(query) {
    const asked = new URLSearchParams(query);
    const text = (/** @type {string} */ name) => asked.get(name) ?? "";
    const number = (/** @type {string} */ name, usual = NaN) => (asked.get(name) ? Number(asked.get(name)) : usual);
    /** @type {State} */
    const state = { prompt: text("prompt") };
    if (text("off"))
      state.off = text("off")
        .split(",")
        .map((one) => {
          const [layer, head, ...more] = one.split(".").map((part) => (part === "" ? NaN : Number(part)));
          return { layer: more.length ? NaN : layer, head };
        });
    if (text("instead")) state.instead = /** @type {State["instead"]} */ (text("instead"));
    if (asked.has("patch"))
      state.patch = { prompt: text("patch"), layer: number("patch-layer"), position: number("patch-position") };
    if (asked.has("from") || asked.has("to"))
      state.steer = { from: text("from"), to: text("to"), layer: number("steer-layer"), strength: number("strength") };
    return { state, layer: number("layer", 0), head: number("head", 0) };
  }

  /** "" if it can be shown, else one line. @param {Chosen} chosen @param {InstanceType<typeof liveEngine.Engine>} engine */
  function problem({ state, layer, head }, engine) {
    const { n_layer, n_head } = engine.config;
    const isIn = (/** @type {number} */ value, /** @type {number} */ size) =>
      Number.isInteger(value) && value >= 0 && value < size;
    if (!isIn(layer, n_layer) || !isIn(head, n_head))
      return `The layer to show is below ${n_layer}, and the head below ${n_head}.`;
    return engine.problem(state);
  }

  return { asks, queryOf, chosenBy, problem };
})();
