// The search: it is asked for the words that carry a question, and what it found is shown.
(() => {
  "use strict";

  // The index holds none of these. The theme looks for all words that begin with one that is typed,
  // and so finds "attention", "API" and "and" wherever there is "a".
  const FILLERS = new Set(
    ("a am an and are as at be but by can do does for from get has have how i if in is it its me my no " +
      "not of on or so some than that the their them there these this to want was we what when " +
      "where which who why will with you your").split(" "),
  );
  const QUERY = 2; // the theme's number for a message that asks
  const isFiller = (word) => FILLERS.has(word.toLowerCase());

  // The last word may have been begun only, and a word in quotes is meant as it is.
  function whatIsAsked(typed) {
    const words = typed.split(/\s+/).filter(Boolean);
    const rest = words.filter((word, place) => place === words.length - 1 || !isFiller(word));
    return typed.includes('"') || rest.every(isFiller) ? typed : rest.join(" ");
  }

  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, ...others) {
    const asks = message?.type === QUERY && typeof message.data === "string";
    const sent = asks ? { ...message, data: whatIsAsked(message.data) } : message;
    return postMessage.call(this, sent, ...others);
  };

  // Who comes from the search is shown what was found: a fold opens if the word stands in it alone.

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
