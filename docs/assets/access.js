// What the theme leaves out for those who read with a keyboard or a screen reader.
(() => {
  "use strict";

  const SCROLLERS =
    ".md-typeset pre, .md-typeset pre > code, .md-typeset__scrollwrap, .tabbed-labels, .guide-figure";
  const scrolls = (box) =>
    box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;

  // What scrolls can be reached with Tab, and then be scrolled with the arrow keys.
  function reach() {
    for (const box of document.querySelectorAll(SCROLLERS)) {
      const clips = getComputedStyle(box).overflowX !== "visible";
      if (clips && scrolls(box) && !box.querySelector("[tabindex='0']")) {
        box.tabIndex = 0;
      }
    }
  }

  function name() {
    document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
    for (const bar of document.querySelectorAll(".md-code__nav:not([role])")) {
      bar.setAttribute("role", "none"); // it holds a button, and is no way around the site
    }
  }

  // Folded answers are printed too; what was folded before is folded again.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });

  let waiting = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      name();
      reach();
    }, 50);
  }
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  addEventListener("resize", soon);
  addEventListener("toggle", soon, true); // a folded box was opened
  addEventListener("change", soon); // another tab was chosen
  soon();
})();
