// Who comes from the search is shown what was found: a fold opens if the word stands in it alone.
(() => {
  "use strict";

  // What hides a piece of text: the innermost closed fold around it, whose summary always shows.
  function foldAround(text) {
    const fold = text.parentElement.closest("details:not([open])");
    const summary = fold?.querySelector(":scope > summary");
    return summary?.contains(text) ? fold.parentElement.closest("details:not([open])") : fold;
  }

  // The pieces of text of the section that was opened: from its heading to the next.
  function* textOf(article, id) {
    const heads = [...article.querySelectorAll(":is(h1, h2, h3, h4, h5, h6)[id]")];
    const here = id ? heads.findIndex((head) => head.id === id) : 0;
    if (here < 0) return;
    const end = heads[here + 1];
    const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    texts.currentNode = heads[here];
    for (let text = texts.nextNode(); text && !end?.contains(text); text = texts.nextNode()) {
      yield text;
    }
  }

  // A piece of text with the sign before it, from which the theme's marks may have cut it off.
  function whole(text) {
    const mark = text.parentElement.closest("mark");
    return (mark?.previousSibling?.textContent.slice(-1) ?? "") + text.data;
  }

  function unfold() {
    const { searchParams, hash } = new URL(location);
    const words = (searchParams.get("h") ?? "").split(/\s+/).filter(Boolean);
    const article = document.querySelector(".md-content article");
    if (!words.length || !article) return;
    const texts = [...textOf(article, decodeURIComponent(hash.slice(1)))];
    for (const word of words) {
      const literally = word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
      const begins = new RegExp(`(^|[^\\p{L}\\p{N}_])${literally}`, "iu");
      const folds = texts.filter((text) => begins.test(whole(text))).map(foldAround);
      if (folds.every(Boolean)) {
        for (let fold = folds[0]; fold; fold = fold.parentElement.closest("details")) {
          fold.open = true;
        }
      }
    }
  }

  window.document$?.subscribe(unfold); // a page has come
  window.location$?.subscribe(unfold); // or another place on it
})();
