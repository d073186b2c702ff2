// Draws the figures of a page with circuitsvis, which is fetched only when there is one.
// Until then, and if that fails, the still picture stands in their place.
(() => {
  "use strict";

  const bundle = new URL("circuitsvis.js", document.currentScript.src).href;
  let loading;
  let count = 0;

  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = bundle;
      script.onload = () => resolve(window.CircuitsVis);
      script.onerror = () => {
        loading = undefined; // the next page may try again
        reject(new Error(`${bundle} did not load`));
      };
      document.head.append(script);
    });
    return loading;
  }

  function draw(circuitsvis, box) {
    box.id = `guide-figure-${++count}`; // circuitsvis finds its place by id only
    new MutationObserver(() => {
      // If drawing fails, React empties the box, and the still picture comes back.
      box.parentElement.toggleAttribute("data-drawn", box.childElementCount > 0);
      makeAccessible(box);
    }).observe(box, { childList: true });
    const { component, props } = box.dataset;
    circuitsvis.render(box.id, circuitsvis[component], JSON.parse(props));
  }

  // circuitsvis selects heads with the mouse only, and names its list for the eye only.
  function makeAccessible(box) {
    for (const head of box.querySelectorAll("figure")) {
      head.tabIndex = 0;
      head.setAttribute("role", "button");
      head.onkeydown = (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          head.click();
        }
      };
    }
    box.querySelector("select")?.setAttribute("aria-label", "Direction of attention");
  }

  async function drawAll() {
    const boxes = document.querySelectorAll(".guide-figure-drawn:not([id])");
    if (boxes.length === 0) return;
    try {
      const circuitsvis = await load();
      for (const box of boxes) {
        // The reader may have gone on to another page meanwhile, or have come back.
        if (box.isConnected && !box.id) draw(circuitsvis, box);
      }
    } catch (error) {
      console.warn(`The figures stay still: ${error.message}`);
    }
  }

  drawAll(); // this script is deferred, so the page is complete
  window.document$?.subscribe(drawAll); // Material tells of the pages that the reader goes on to
})();
