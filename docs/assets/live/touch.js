// Waits until a reader touches a live figure; only then does anything of it come: load.js, the engine, the
// panels, the model. A link with a state in it has been touched by whoever follows it.
//
// It stands beside each figure, and so runs again on every page with one that the reader goes on to.
(() => {
  "use strict";

  const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
  const LOADER = new URL("load.js", src).href;
  const TOUCHES = ["focusin", "pointerdown", "input"];

  function loader() {
    if ("guideLive" in window) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.onload = resolve;
      script.onerror = () => reject(new Error("load.js did not load, and without it nothing can run here: load the page again."));
      script.src = LOADER;
      document.head.append(script);
    });
  }

  /** @param {HTMLElement} box */
  function prepare(box) {
    box.dataset.ready = "";
    const field = /** @type {HTMLInputElement} */ (box.querySelector("input"));
    const note = /** @type {HTMLElement} */ (box.querySelector(".guide-live-note"));

    // What is chosen before the figure can hear it.
    function choose(/** @type {Event} */ event) {
      const button = /** @type {Element} */ (event.target).closest(".guide-live-suggestions button");
      if (button) field.value = button.textContent ?? "";
    }

    /** @type {{follow: () => void} | undefined} */
    let figure;

    async function begin() {
      for (const touch of TOUCHES) box.removeEventListener(touch, begin);
      note.textContent = "The model is on its way …";
      box.setAttribute("aria-busy", "true");
      try {
        await loader();
        figure = await guideLive.open(box);
        box.removeEventListener("click", choose);
      } catch (error) {
        note.textContent = /** @type {Error} */ (error).message;
        for (const touch of TOUCHES) box.addEventListener(touch, begin); // the next touch tries again
      }
      box.removeAttribute("aria-busy");
    }

    box.addEventListener("click", choose);
    for (const touch of TOUCHES) box.addEventListener(touch, begin);
    if (!box.dataset.panels?.split(" ").includes("tools")) return;
    if (asks(location.href)) begin();
    // Links of the page itself to states of its figure: no page has to come for them.
    document.addEventListener("click", follow, true);
    function follow(/** @type {MouseEvent} */ event) {
      if (!box.isConnected) return document.removeEventListener("click", follow, true);
      const link = /** @type {Element} */ (event.target).closest?.("a[href]");
      const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!(link instanceof HTMLAnchorElement) || !isPlain || !asks(link.href)) return;
      if (new URL(link.href).pathname !== location.pathname) return;
      event.preventDefault();
      event.stopPropagation();
      history.replaceState(history.state, "", link.href);
      box.scrollIntoView();
      if (figure) figure.follow();
      else begin();
    }
  }

  /** @param {string} address */
  const asks = (address) => new URL(address).searchParams.has("prompt");

  for (const box of document.querySelectorAll(".guide-live:not([data-ready])"))
    prepare(/** @type {HTMLElement} */ (box));
})();
