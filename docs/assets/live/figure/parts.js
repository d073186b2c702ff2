// What the panels of the live figure are made of: elements, tokens as they are shown, numbers, colours.
"use strict";

const liveParts = (() => {
  const LONGEST = 11; // letters of a token beside a map

  /**
   * Make an element.
   *
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} tag @param {Record<string, string | boolean | ((event: any) => void)>} [attributes] a
   *     function listens to the event of that name; what is false is left out
   * @param {(Node | string)[]} children @returns {HTMLElementTagNameMap[Tag]}
   */
  function h(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  }

  /** A panel with its title. @param {string} name @param {string} title @param {(Node | string)[]} children */
  function panel(name, title, ...children) {
    const heading = h("p", { class: "guide-live-title" }, title); // the page's own headings are of its text
    return h("div", { class: `guide-live-panel guide-live-${name}`, role: "group", "aria-label": title }, heading, ...children);
  }

  /** A token's text with signs for what no eye sees. @param {string} text */
  const visible = (text) =>
    text.replace(/\n/g, "↵").replace(/\t/g, "⇥").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "�").replace(/ /g, "\u00a0");

  /** A token as a chip: a space at its start has a sign of its own. @param {HTMLElement} chip @param {string} text */
  function fillChip(chip, text) {
    if (chip.dataset.text === text) return;
    chip.dataset.text = text;
    const starts = text.startsWith(" ");
    chip.replaceChildren(...(starts ? [h("i", { "aria-hidden": "true" }, "·")] : []), visible(starts ? text.slice(1) : text));
  }

  /** A token in a sentence. @param {string} text */
  const quoted = (text) => `“${visible(text)}”`;

  /** A token beside a map. @param {string} text */
  function short(text) {
    const shown = visible(text.trim()) || "␣";
    return shown.length > LONGEST ? `${shown.slice(0, LONGEST - 1)}…` : shown;
  }

  /** @param {number} p */
  function percent(p) {
    if (p >= 0.9995) return "> 99.9\u00a0%";
    return p < 0.0005 ? "< 0.1\u00a0%" : `${(100 * p).toFixed(1)}\u00a0%`;
  }

  /** Have an element say this. A text that is set anew is laid out anew, even if it is the same. @param {Element} element @param {string} text */
  function tell(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  /** Show a number as a bar. @param {HTMLElement} bar @param {number} share */
  const stretch = (bar, share) => bar.style.setProperty("--share", String(share));

  /**
   * A choice of one among a few, side by side.
   *
   * @param {string} label @param {string[]} names @param {(number: number) => void} choose
   * @returns {{element: HTMLElement, mark: (number: number) => void}}
   */
  function segments(label, names, choose) {
    const group = `guide-live-${Math.random().toString(36).slice(2)}`;
    const inputs = names.map((_, number) => h("input", { type: "radio", name: group, change: () => choose(number) }));
    const labels = names.map((name, number) => h("label", {}, inputs[number], h("span", {}, name)));
    const element = h("div", { class: "guide-live-segments", role: "radiogroup", "aria-label": label }, ...labels);
    return { element, mark: (number) => inputs.forEach((input, own) => (input.checked = own === number)) };
  }

  /** A menu. @param {string} label @param {(event: any) => void} change */
  function menu(label, change) {
    const select = h("select", { change });
    return { select, element: h("label", { class: "guide-live-field" }, h("span", {}, label), select) };
  }

  /** Fill a menu, if it has others. @param {HTMLSelectElement} select @param {[string, string][]} options values and texts */
  function fillMenu(select, options) {
    const key = JSON.stringify(options);
    if (select.dataset.options === key) return;
    select.dataset.options = key;
    select.replaceChildren(...options.map(([value, text]) => h("option", { value }, text)));
  }

  /** A switch. @param {string} label @param {() => void} click */
  function onOff(label, click) {
    const button = h("button", { type: "button", role: "switch", class: "guide-live-switch", "aria-label": label, click });
    return { button, mark: (/** @type {boolean} */ on) => button.setAttribute("aria-checked", String(on)) };
  }

  /** Red, green and blue of an element's colour, as a style sheet or the reader's system has set it. @param {Element} element */
  function colourOf(element) {
    const context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
    context.fillStyle = getComputedStyle(element).color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  }

  return { h, panel, visible, fillChip, quoted, short, percent, tell, stretch, segments, menu, fillMenu, onOff, colourOf };
})();
