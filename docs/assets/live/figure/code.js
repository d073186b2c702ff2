// The nnsight code that does what the figure shows, to be copied; and what goes with the whole figure:
// undo, reset, and a link to this state.
"use strict";

const liveCode = (() => {
  const { h, panel } = liveParts;
  // What Pygments calls the parts of Python that the code has: comments, texts, numbers, words.
  const PARTS =
    /(?<c1>#[^\n]*)|(?<s2>f?"(?:[^"\\\n]|\\.)*")|(?<mi>\b\d+(?:\.\d+)?\b)|(?<k>\b(?:with|as|for|in|True|False)\b)|(?<nb>\b(?:print|zip)\b)/g;
  const SHOWN = 1500; // milliseconds for which a button says what it has done

  /** @param {string} code @returns {(Node | string)[]} */
  function coloured(code) {
    const found = [];
    let from = 0;
    for (const match of code.matchAll(PARTS)) {
      const [[kind, text]] = Object.entries(match.groups ?? {}).filter(([, part]) => part !== undefined);
      found.push(code.slice(from, match.index), h("span", { class: kind }, text));
      from = match.index + text.length;
    }
    return [...found, code.slice(from)];
  }

  /** A button that copies a text; where the browser lets no page do that, the text is shown, marked. @param {Figure} figure @param {string} name @param {() => string} text */
  function copier(figure, name, text) {
    const button = h("button", { type: "button", click: copy }, name);
    const shown = h("input", { type: "text", readonly: true, hidden: true, class: "guide-live-copied", "aria-label": `${name}: press Ctrl+C` });
    shown.addEventListener("blur", () => (shown.hidden = true));
    async function copy() {
      try {
        await navigator.clipboard.writeText(text());
        button.textContent = "Copied";
        figure.say("Copied.");
        setTimeout(() => (button.textContent = name), SHOWN);
      } catch {
        shown.hidden = false;
        shown.value = text();
        shown.select();
      }
    }
    return [button, shown];
  }

  /** @param {Figure} figure @returns {Panel} */
  function make(figure) {
    const code = h("code");
    const block = h("div", { class: "highlight" }, h("pre", { tabindex: "0", "aria-label": "Python" }, code));
    const [button, shown] = copier(figure, "Copy the code", () => code.textContent ?? "");
    const element = panel("code", "The same with nnsight", block);
    element.querySelector(".guide-live-title")?.append(shown, button);
    return {
      element,
      draw({ state, answer }, what) {
        if (!answer || what) return;
        const text = figure.engine.code(state);
        if (code.textContent !== text) code.replaceChildren(...coloured(text));
      },
    };
  }

  /** @param {Figure} figure @returns {Panel} */
  function tools(figure) {
    const undo = h("button", { type: "button", click: () => figure.undo() }, "Undo");
    const reset = h("button", { type: "button", click: () => figure.reset() }, "Reset");
    const link = copier(figure, "Copy a link to this", () => figure.address());
    const title = h("p", { class: "guide-live-title" }, "Change something");
    const element = h("div", { class: "guide-live-tools", role: "group", "aria-label": "Undo, reset, link" }, title, undo, reset, ...link);
    return {
      element,
      draw() {
        // Not `disabled`, which would throw away the focus of who has just used it.
        undo.setAttribute("aria-disabled", String(!figure.canUndo));
        reset.setAttribute("aria-disabled", String(!figure.canReset));
      },
    };
  }

  /** In a small figure: the way to the whole of it. @param {Figure} figure @returns {Panel} */
  function more(figure) {
    const link = h("a", {}, "Open this with everything there is to try");
    const element = h("p", { class: "guide-live-more" }, link);
    return { element, draw: () => (link.href = figure.address()) };
  }

  return { make, tools, more };
})();
