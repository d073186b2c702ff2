// The live figure: what a reader has chosen, what comes of it, and the panels that show it. Each panel is
// made once, and drawn again at every change; it asks for changes with `change`, `look`, `flip`.
"use strict";

/**
 * @typedef {object} View what panels draw
 * @property {State} state
 * @property {number} layer
 * @property {number} head
 * @property {Token[]} tokens
 * @property {string} problem why there is no answer
 * @property {Answer | null} asItIs
 * @property {Answer | null} changed
 * @property {Answer | null} answer the changed one, if there is one
 * @property {string} sentence the answer in words
 *
 * @typedef {"head" | "layer" | ""} What has changed: only what is looked at, or what was asked as well
 * @typedef {object} Panel
 * @property {HTMLElement | null} element
 * @property {(view: View, what: What) => void} draw
 * @property {boolean} [isFirst] it writes on a canvas, and a browser lays out all that has changed until then
 * @typedef {InstanceType<typeof liveFigure.Figure>} Figure
 */

const liveFigure = (() => {
  const MOST_UNDONE = 200;
  const ONE_STEP = 1000; // what is typed without such a rest, in milliseconds, is undone at once
  const REST = 800; // after it, what has changed is said
  /** @type {Record<string, (figure: Figure) => Panel>} */
  const PANELS = {
    heads: (figure) => liveHeads.make(figure),
    large: (figure) => liveLarge.make(figure),
    next: (figure) => liveAnswers.next(figure),
    lens: (figure) => liveAnswers.lens(figure),
    tools: (figure) => liveCode.tools(figure),
    off: (figure) => liveChanges.off(figure),
    patch: (figure) => liveChanges.patch(figure),
    steer: (figure) => liveChanges.steer(figure),
    code: (figure) => liveCode.make(figure),
    more: (figure) => liveCode.more(figure),
  };
  /** @type {Figure | null} whose answer is in the engine's memory */
  let lastAsked = null;
  /** @type {Set<Figure>} those whose colours follow the scheme */
  const all = new Set();

  class Figure {
    /** @param {HTMLElement} box @param {InstanceType<typeof liveEngine.Engine>} engine */
    constructor(box, engine) {
      this.box = box;
      this.engine = engine;
      this.names = (box.dataset.panels ?? "").split(" ");
      this.start = liveLink.chosenBy(box.dataset.start ?? "");
      this.chosen = this.start;
      /** @type {State[]} */
      this.past = [];
      this.last = { kind: "", time: 0 };
      this.waiting = 0;
      this.spoken = "";
      /** @type {What | null} what is to be drawn in the next frame */
      this.due = null;
      this.note = /** @type {HTMLElement} */ (box.querySelector(".guide-live-note"));
      this.voice = liveParts.h("p", { class: "guide-live-voice", role: "status" });
      this.body = /** @type {HTMLElement} */ (box.querySelector(".guide-live-body"));
      this.ink = this.text = this.quiet = [0, 0, 0];
      /** @type {View} */
      this.view = { ...this.chosen, tokens: [], problem: "", asItIs: null, changed: null, answer: null, sentence: "" };
      this.panels = [livePrompt.make(this), ...this.names.map((name) => PANELS[name](this))];
      this.wrong = this.begin();
      this.body.replaceChildren(...this.panels.flatMap(({ element }) => element ?? []), this.voice);
      this.panels.sort((one, other) => Number(other.isFirst ?? false) - Number(one.isFirst ?? false));
      box.dataset.live = "";
      this.recolour();
      this.draw("");
      all.add(this);
    }

    /** What the page's address asks for, else what the reader has typed meanwhile. Returns what was wrong with it. */
    begin() {
      if (this.has("tools") && liveLink.asks(location.search)) return this.asked();
      const typed = /** @type {HTMLInputElement} */ (this.box.querySelector(".guide-live-prompt input")).value;
      this.chosen = { ...this.start, state: { ...this.start.state, prompt: typed } };
      return "";
    }

    /** Take up what the page's address asks for, or return what is wrong with it. */
    asked() {
      const asked = liveLink.chosenBy(location.search);
      const problem = liveLink.problem(asked, this.engine);
      if (!problem) this.chosen = asked;
      return problem && `The link asks for what is not there. ${problem}`;
    }

    /** A link to another state was followed on the page itself. */
    follow() {
      const { state } = this.chosen;
      this.wrong = this.asked();
      if (!this.wrong) this.past.push(state);
      this.last = { kind: "", time: 0 };
      this.soon("");
    }

    /** @param {string} name */
    has(name) {
      return this.names.includes(name);
    }

    /** Change what is asked; what has the same `kind`, soon after, is one step with it. @param {Partial<State>} part @param {string} kind */
    change(part, kind = "") {
      const now = performance.now();
      const goesOn = kind !== "" && kind === this.last.kind && now - this.last.time < ONE_STEP;
      if (!goesOn) this.past = [...this.past.slice(1 - MOST_UNDONE), this.chosen.state];
      this.last = { kind, time: now };
      this.set({ ...this.chosen.state, ...part });
    }

    /** @param {State} state */
    set(state) {
      this.wrong = "";
      this.chosen = { ...this.chosen, state };
      this.soon("");
    }

    /** Choose what is looked at, which is no step. @param {{layer?: number, head?: number}} part */
    look(part) {
      this.chosen = { ...this.chosen, ...part };
      this.soon(part.layer === undefined ? "head" : "layer");
    }

    /** Switch a head off, or on again. @param {number} head @param {number} layer */
    flip(head, layer = this.chosen.layer) {
      const heads = this.chosen.state.off ?? [];
      const others = heads.filter((one) => one.layer !== layer || one.head !== head);
      this.change({ off: others.length < heads.length ? others : [...heads, { layer, head }] });
    }

    /** Switch all heads of the layer that is shown off, or on again. */
    flipLayer() {
      const { layer, state } = this.chosen;
      const count = this.engine.config.n_head;
      const others = (state.off ?? []).filter((one) => one.layer !== layer);
      const isWhole = (state.off ?? []).length - others.length === count;
      const whole = Array.from({ length: count }, (_, head) => ({ layer, head }));
      this.change({ off: isWhole ? others : [...others, ...whole] });
    }

    get canUndo() {
      return this.past.length > 0;
    }

    get canReset() {
      return liveLink.queryOf({ ...this.start, state: this.chosen.state }) !== liveLink.queryOf(this.start);
    }

    undo() {
      const state = this.past.pop();
      this.last = { kind: "", time: 0 };
      if (state) this.set(state);
    }

    reset() {
      if (!this.canReset) return;
      this.change(this.start.state);
      this.set(this.start.state);
      this.look({ layer: this.start.layer, head: this.start.head });
    }

    /** Of the page with the whole figure, in this state. */
    address() {
      const page = new URL(this.has("tools") ? location.href : this.box.dataset.page ?? "", location.href);
      page.search = liveLink.queryOf(this.chosen);
      page.hash = "";
      return page.href;
    }

    /** Draw in the next frame, once. @param {What} what */
    soon(what) {
      if (this.due === null) requestAnimationFrame(() => this.draw(this.due ?? ""));
      if (this.due === null || what === "" || (what === "layer" && this.due === "head")) this.due = what;
    }

    /** @param {What} what */
    draw(what) {
      this.due = null;
      const { state, layer, head } = this.chosen;
      if (what === "" || lastAsked !== this) this.ask(state);
      this.view = { ...this.view, state, layer, head };
      for (const panel of this.panels) panel.draw(this.view, what);
      if (what === "") this.say(this.view.problem || [this.view.sentence, this.note.textContent].join(" "), REST);
    }

    /** @param {State} state */
    ask(state) {
      const { engine } = this;
      const problem = engine.problem(state);
      const hasPrompt = !engine.problem({ prompt: state.prompt });
      const { tokens, asItIs, changed } = problem
        ? { tokens: hasPrompt ? engine.tokens(state.prompt) : [], asItIs: null, changed: null }
        : engine.run(state);
      if (!problem) lastAsked = this;
      this.view = { ...this.chosen, tokens, problem, asItIs, changed, answer: changed ?? asItIs, sentence: "" };
      const { view } = this;
      if (asItIs) view.sentence = liveWords.ofAnswer(asItIs, changed, (answer, id) => engine.probability(answer, id));
      this.box.toggleAttribute("data-stale", Boolean(problem));
      const note = [this.wrong, problem || liveWords.ofUnknown(tokens, engine.ids.length)].filter(Boolean).join(" ");
      liveParts.tell(this.note, note);
    }

    /** Whether another figure has used the engine since; then this one asks again. */
    isStale() {
      if (lastAsked === this) return false;
      this.soon("");
      return true;
    }

    /** Say something to who listens, but not while it changes. @param {string} text */
    say(text, rest = 0) {
      clearTimeout(this.waiting);
      this.waiting = window.setTimeout(() => {
        if (text !== this.spoken) this.voice.textContent = this.spoken = text;
      }, rest);
    }

    /** Take up the colours of the scheme. */
    recolour() {
      const { colourOf } = liveParts;
      const probe = this.body.appendChild(liveParts.h("i"));
      [this.ink, this.text, this.quiet] = ["ink", "text", "quiet"].map((name) => {
        probe.className = `guide-live-colour-${name}`;
        return colourOf(probe);
      });
      probe.remove();
    }
  }

  function recolourAll() {
    for (const figure of all) {
      if (!figure.box.isConnected) all.delete(figure); // the reader has gone on
      else {
        figure.recolour();
        figure.soon("layer");
      }
    }
  }

  new MutationObserver(recolourAll).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  for (const asked of ["(forced-colors: active)", "(prefers-color-scheme: dark)", "print"])
    matchMedia(asked).addEventListener("change", recolourAll);

  return { Figure };
})();
